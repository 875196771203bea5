#include "model/batch_check.h"

#include "base/error.h"

namespace hrm::model {

void check_batch(const ModelConfig& config, const Batch& batch, const BatchUse& use, std::string_view where) {
  const size_t b = batch.size, cells = b * static_cast<size_t>(config.data.seq_len);
  const auto need = [&](const char* what, size_t have, size_t wanted) {
    if (have != wanted) throw bad_input(where, "batch of {}: {} holds {} values, expected {}", b, what, have, wanted);
  };
  need("inputs", batch.inputs.size(), cells);
  if (use.labels) need("labels", batch.labels.size(), cells);
  need("puzzle_identifiers", batch.puzzle_identifiers.size(), b);
  if (!batch.noise_seeds.empty()) need("noise_seeds", batch.noise_seeds.size(), b);
  need("carry", use.carry_rows, b * static_cast<size_t>(config.arch.chains));
  for (int32_t token : batch.inputs)
    if (token < 0 || token >= config.data.vocab_size)
      throw bad_input(where, "token {} is outside the vocabulary of {}", token, config.data.vocab_size);
  if (use.labels)
    for (int32_t token : batch.labels)
      if (token != kIgnoreLabel && (token < 0 || token >= config.data.vocab_size))
        throw bad_input(where, "label {} is outside the vocabulary of {}", token, config.data.vocab_size);
  if (config.puzzle_tokens() > 0)
    for (int32_t id : batch.puzzle_identifiers)
      if (id < 0 || id >= config.data.num_puzzle_identifiers)
        throw bad_input(where, "puzzle identifier {} is outside the table of {}", id,
                        config.data.num_puzzle_identifiers);
}

}  // namespace hrm::model
