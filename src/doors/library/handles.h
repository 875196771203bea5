// What the handles of the C interface hold.
#pragma once

#include <hrm/hrm.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "model/backend.h"
#include "puzzles/family.h"
#include "puzzles/questions.h"

struct hrm_family {
  std::shared_ptr<const hrm::puzzles::Family> family;
  std::string json;

  explicit hrm_family(std::shared_ptr<const hrm::puzzles::Family> given);
};

struct hrm_puzzles {
  std::shared_ptr<const hrm::puzzles::Family> family;
  std::string symbols;
  bool keep_going = false;
  hrm::puzzles::Questions questions;
};

namespace hrm::library {

struct Model {
  Model(std::string name, std::shared_ptr<const puzzles::Family> solved)
      : path(std::move(name)), family(std::move(solved)) {}

  const std::string path;
  const hrm_family family;
  std::string json;
  bool averaged = true;
  std::mutex turn;  // held for every use of the backend
  std::unique_ptr<model::Backend> backend;
};

// REQUIRES: the array has a grid. Throws bad_input for a token that the family does not have. name: for the message.
std::span<const int32_t> grid_of(const puzzles::Family& family, const int32_t* tokens, std::string_view name);

}  // namespace hrm::library

struct hrm_model {
  std::shared_ptr<hrm::library::Model> model;  // shared with its runs
};
