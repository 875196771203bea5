// The authors' configuration file, all_config.yaml, and what the tensors of a checkpoint say where it is missing.
//
// HRM (arXiv 2506.21734) and TRM (2510.04871) write the same kind of file: `arch` with the model's settings, whose
// names are ours too, and beside it those of the training run. `arch.name` tells which program it is for:
// "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1" has two nets and gradient through the last calls,
// "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1" one shared net and gradient through the last cycle.
// docs/formats/authors-checkpoint.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/tensor.h"
#include "engine/config.h"

namespace hrm::reasoning {

// Throws bad_input naming source and setting: no arch, an unknown arch.name, a value of the wrong type. Settings that
// we do not know are left to the caller, who has the file.
engine::ArchConfig arch_from_authors(const Json& file, std::string_view source);

// The file for a model. training: settings of the run under the authors' names, for instance an all_config.yaml that
// was imported; what it lacks gets the published value. Keys are those that the authors' programs read, sorted.
// Throws bad_input naming the setting where neither program can compute this model.
Json to_authors_config(const engine::ModelConfig& config, const Json& training);

// Without a file: widths, layers, kinds of nets and positions follow from the tensors' names and shapes.
engine::ArchConfig arch_from_shapes(const NamedTensors& weights, std::string_view source);
// Settings that shapes cannot tell and that must be given: "arch.H_cycles" and so on.
std::vector<std::string> settings_beyond_shapes(const engine::ArchConfig& arch);

// Vocabulary, puzzle identifiers and puzzle length. The length is in the shapes of models with learned positions or
// token mixing only; else it stays as it is in config.data, or where that is 0 is taken from dataset.json of the
// configuration's data set (file: null, or all_config.yaml), or is that of the authors' data set with this vocabulary
// (11: Sudoku, 81; 12: ARC, 900; 6: mazes, 900). Throws bad_input where none of these applies.
void complete_data_shape(engine::ModelConfig& config, const NamedTensors& weights, const Json& file,
                         std::string_view source);

}  // namespace hrm::reasoning
