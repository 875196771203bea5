// The reasoning model's arithmetic on the CPU engine: fused blocks on plain memory, a hand-written backward pass, no
// libtorch. aten/backend is the reference in its tests.
//
// Each thread takes whole examples, in micro-batches that stay in its cache; if there are fewer examples than
// threads, several threads share one. Answers of an example are bitwise independent of the batch around it and of the
// number of threads; a training step has the same bits for the same number of threads.
#pragma once

#include <memory>

#include "model/gradient_backend.h"

namespace hrm::engine {

// Weights start from engine::initial_weights(config, 0). With forward_dtype bfloat16 the products take bf16 operands
// where the machine multiplies them natively, else float32 ones (more exact, and there also faster).
// options.precision int8 needs AVX512_VNNI. Throws bad_input on an invalid configuration or one that the engine cannot
// run (engine/dims.h), and if the machine lacks what int8 needs.
std::unique_ptr<model::GradientBackend> make_engine_backend(const model::ModelConfig& config,
                                                            const model::BackendOptions& options);

}  // namespace hrm::engine
