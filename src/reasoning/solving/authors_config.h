// The authors' configuration file, all_config.yaml, and the settings that a checkpoint's tensors imply if it is
// missing.
//
// HRM (arXiv 2506.21734) and TRM (2510.04871) write the same kind of file: `arch` with the model's settings, whose
// names are ours too, and beside it those of the training run. `arch.name` tells which program it is for:
// "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1" has two nets and gradient through the last calls,
// "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1" one shared net and gradient through the last cycle.
// docs/formats/authors-checkpoint.md
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/tensor.h"
#include "model/config.h"

namespace hrm::solving {

// Throws bad_input naming source and setting: no arch, a program or class in arch.name that is not known, a value of
// the wrong type. Settings of arch that the program does not have are named in a warning: a fork's may change the
// arithmetic.
model::ArchConfig arch_from_authors(const Json& file, std::string_view source);

// A value of the file as the program takes it (pydantic): a text that is a number ("0.1" in quotes) as the number, a
// whole number with a point (2.0) as an integer. Others stay.
Json number_of_python(const Json& value);

// A size that the data set tells (seq_len, vocab_size, num_puzzle_identifiers), at the top of the file or in arch, if it
// is there. Throws bad_input if both differ, or for what is no size.
std::optional<int64_t> stated_size(const Json& file, const char* key, std::string_view source);

// Throws bad_input naming both values where a size in the file (hidden_size, layers, puzzle_emb_ndim, vocab_size,
// num_puzzle_identifiers) is not that of the tensors: the file belongs to another model. file: null, or
// all_config.yaml.
void check_sizes(const model::ModelConfig& config, const NamedTensors& weights, const Json& file,
                 std::string_view source);

// The file for a model. training: settings of the run under the authors' names, for instance an all_config.yaml that
// was imported; what it lacks gets the published value. Keys are those that the authors' programs read, sorted.
// Throws bad_input naming the setting where neither program can compute this model.
Json to_authors_config(const model::ModelConfig& config, const Json& training);

// Without a file: widths, layers, kinds of nets and positions follow from the tensors' names and shapes.
model::ArchConfig arch_from_shapes(const NamedTensors& weights, std::string_view source);
// Settings that shapes cannot tell and that must be given: "arch.H_cycles" and so on.
std::vector<std::string> settings_beyond_shapes(const model::ArchConfig& arch);

// The puzzles' length where something states it, in this order: the tensors' shapes (learned positions, token mixing);
// `seq_len` of the file (null, or all_config.yaml), at the top or in arch; dataset.json of the configuration's data
// set, if it is reachable and has the checkpoint's vocabulary; the name of that data set together with the
// vocabulary, if it is one of the authors' (sudoku 11, 81; maze-30x30 6, 900; arc 12, 900). Throws bad_input if the
// file and the shapes, or two places of the file, contradict each other.
std::optional<int64_t> stated_seq_len(const model::ModelConfig& config, const NamedTensors& weights, const Json& file,
                                      std::string_view source);

// Vocabulary, puzzle identifiers and puzzle length; a length that config.data has already stays. Throws bad_input if
// nothing states the length: the same vocabulary may belong to puzzles of any size (6: a 4x4 Sudoku, or mazes).
void complete_data_shape(model::ModelConfig& config, const NamedTensors& weights, const Json& file,
                         std::string_view source);

}  // namespace hrm::solving
