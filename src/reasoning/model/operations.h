// Floating-point operations of a model, counting matrix products only; docs/performance.md, "A sample-segment".
//
//   call     2 T W_mlp + 2 T W_attention + 4 L T^2 D      attention (L blocks per net, W numbers in their weights)
//            2 T W_mlp + 2 D W_mixer                      token mixing
//            2 T W_mlp + 18 L T D                         local mixing
//   segment  H_cycles (L_cycles + 1) calls, of each of K chains
//   trained  segment + 2 x the calls with gradient (HRM 2, TRM L_cycles + 1; of the one chain that learns)
//            + another segment if q_continue has a target
//
// Embedding, heads, norms, activations, softmax and the optimizer are not counted; they are of lower order in D.
#pragma once

#include "model/config.h"

namespace hrm::model {

double segment_operations(const ModelConfig& config);   // of one example in one segment, forward
double training_operations(const ModelConfig& config);  // the same with gradient: one sample-segment of training

}  // namespace hrm::model
