// Converts files of training data to examples for a decoder (language/examples.h), with the same texts as the scorer
// reads.
//
//   rows of texts with a label ({input, label}: rows/row_file.h)   one target at the text's last token; form prompt
//   solutions with labels of steps, of any format that rows reads  form prompt: through sound rows of the kind;
//                                                                  form steps: one text per solution, a target at the
//                                                                  end of every labeled step (orm: of the solution);
//                                                                  hierarchical: also two texts whose steps are merged
//                                                                  in pairs, with the label of the later step
//                                                                  (2503.13551, section 3)
//
// Labels lie in [0, 1]. What the loss makes of them:
//   cross_entropy   a class, or one of the two tokens: 0 or 1; others count as 1 from hard_from on, if that is set
//   squared_error, soft_labels   as they are
//   beta_binomial   rows also have `trials`: label * trials successes
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "language/examples.h"
#include "reward/layout.h"

namespace hrm::reward {

struct ExampleOptions {
  language::ExampleRules rules;
  double hard_from = 0;    // 0: a label that is neither 0 nor 1 is refused where classes are learned
  bool drop_long = false;  // texts longer than the model reads are counted and left out instead of refused
};

// Adds the file's examples. Throws bad_input naming file and line: a label out of range, a text that is too long, rows
// of texts for a model of form steps, prompts of another kind than the layout's, a file without examples.
void read_examples(const std::filesystem::path& path, LayoutReader& reader, const ExampleOptions& options,
                   language::ExampleSet& set);

// What FILE.meta.json says of rows: kind and mode, as far as it does.
void take_row_settings(const std::filesystem::path& path, std::optional<rows::Kind>& kind,
                       std::optional<rows::Mode>& mode);

}  // namespace hrm::reward
