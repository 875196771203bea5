// Whether the puzzle identifiers of a data set are those that a model was trained with.
#pragma once

#include <string>

#include "puzzles/dataset.h"
#include "solving/model_file.h"

namespace hrm::solving {

// What the rows of the puzzle table belong to: a checksum of the data set's identifiers.json, empty if its puzzles have
// no identifiers of their own. It is kept with the model as provenance "identifiers".
std::string digest_of_identifiers(const puzzles::Dataset& set);

// Throws bad_input if the model was trained with other identifiers than this data set has.
void check_identifiers(const ModelFile& model, const puzzles::Dataset& set);

}  // namespace hrm::solving
