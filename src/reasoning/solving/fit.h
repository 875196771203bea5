// Sizes of a model against those of puzzles.
#pragma once

#include "model/config.h"
#include "puzzles/dataset.h"
#include "puzzles/family.h"

namespace hrm::solving {

// Gives a model whose weights do not depend on the size of the grid (ArchConfig::any_size) the sizes of these puzzles: cells, rows and boxes, and with symbol planes the symbols. Rows and boxes that settings name are kept
// for puzzles of the size that the model has. Other models are left alone.
void adapt(model::ModelConfig& config, const puzzles::Family& family);

// Does the family's text fit this model? Throws bad_input naming both lengths or vocabularies.
void check_fit(const model::ModelConfig& config, const puzzles::Family& family);

// Does the data set? Length, vocabulary, and puzzle identifiers unless every puzzle gets the blank one.
void check_fit(const model::ModelConfig& config, const puzzles::Dataset& dataset, bool blank_identifiers = false);

}  // namespace hrm::solving
