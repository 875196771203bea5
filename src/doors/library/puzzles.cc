#include <iterator>
#include <limits>
#include <utility>

#include "library/boundary.h"
#include "library/handles.h"

using namespace hrm;
using namespace hrm::library;

namespace {

void add(hrm_puzzles& to, const std::function<void(puzzles::QuestionReader&)>& read) {
  puzzles::QuestionReader reader(*to.family, to.symbols, to.keep_going);
  read(reader);
  puzzles::Questions found = reader.take();
  to.questions.good.reserve(to.questions.good.size() + found.good.size());
  to.questions.skipped.reserve(to.questions.skipped.size() + found.skipped.size());
  std::ranges::move(found.good, std::back_inserter(to.questions.good));
  std::ranges::move(found.skipped, std::back_inserter(to.questions.skipped));
}

const puzzles::SkippedQuestion* skipped_at(const hrm_puzzles* puzzles, size_t i) {
  return puzzles && i < puzzles->questions.skipped.size() ? &puzzles->questions.skipped[i] : nullptr;
}

const puzzles::Question* good_at(const hrm_puzzles* puzzles, size_t i) {
  return puzzles && i < puzzles->questions.good.size() ? &puzzles->questions.good[i] : nullptr;
}

}  // namespace

hrm_status hrm_puzzles_new(const hrm_family* family, const char* symbols, int keep_going, hrm_puzzles** puzzles,
                           char** error) {
  return guarded(error, [&] {
    required(puzzles, "puzzles");
    auto made = std::make_unique<hrm_puzzles>(
        hrm_puzzles{required(family, "family").family, std::string(text_or(symbols)), keep_going != 0, {}});
    add(*made, [](puzzles::QuestionReader&) {});  // refuses wrong symbols
    *puzzles = made.release();
  });
}

void hrm_puzzles_free(hrm_puzzles* puzzles) { delete puzzles; }

hrm_status hrm_puzzles_add_text(hrm_puzzles* puzzles, const char* text, const char* source, char** error) {
  return guarded(error, [&] {
    required(text, "text");
    add(required(puzzles, "puzzles"),
        [&](puzzles::QuestionReader& reader) { reader.read_text(text, std::string(text_or(source, "text"))); });
  });
}

hrm_status hrm_puzzles_add_file(hrm_puzzles* puzzles, const char* path, char** error) {
  return guarded(error, [&] {
    required(path, "path");
    add(required(puzzles, "puzzles"), [&](puzzles::QuestionReader& reader) { reader.read_file(path); });
  });
}

hrm_status hrm_puzzles_add_cells(hrm_puzzles* puzzles, const int32_t* cells, size_t count, hrm_cells numbers,
                                 const char* source, char** error) {
  return guarded(error, [&] {
    hrm_puzzles& to = required(puzzles, "puzzles");
    const auto length = static_cast<size_t>(to.family->seq_len());
    if (count > 0) required(cells, "cells");
    if (count > std::numeric_limits<size_t>::max() / sizeof(int32_t) / length)
      throw bad_input("library", "count: {} puzzles do not fit into memory", count);
    if (numbers < HRM_CELLS_EITHER || numbers > HRM_CELLS_DIGITS)
      throw bad_input("library", "numbers: {} is not a value of hrm_cells", static_cast<int>(numbers));
    add(to, [&](puzzles::QuestionReader& reader) {
      reader.read_cells({cells, count * length}, static_cast<puzzles::CellNumbers>(numbers),
                        std::string(text_or(source, "array")));
    });
  });
}

size_t hrm_puzzles_count(const hrm_puzzles* puzzles) { return puzzles ? puzzles->questions.good.size() : 0; }
size_t hrm_puzzles_skipped(const hrm_puzzles* puzzles) { return puzzles ? puzzles->questions.skipped.size() : 0; }

const int32_t* hrm_puzzles_tokens(const hrm_puzzles* puzzles, size_t i) {
  const puzzles::Question* question = good_at(puzzles, i);
  return question ? question->tokens.data() : nullptr;
}

const char* hrm_puzzles_source(const hrm_puzzles* puzzles, size_t i) {
  const puzzles::Question* question = good_at(puzzles, i);
  return question ? question->source.c_str() : nullptr;
}

const char* hrm_puzzles_skipped_source(const hrm_puzzles* puzzles, size_t i) {
  const puzzles::SkippedQuestion* question = skipped_at(puzzles, i);
  return question ? question->source.c_str() : nullptr;
}

const char* hrm_puzzles_skipped_reason(const hrm_puzzles* puzzles, size_t i) {
  const puzzles::SkippedQuestion* question = skipped_at(puzzles, i);
  return question ? question->reason.c_str() : nullptr;
}
