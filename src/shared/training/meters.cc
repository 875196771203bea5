#include "training/meters.h"

#include <algorithm>

namespace hrm::training {

double scalar_or(const std::vector<Scalar>& scalars, std::string_view name, double otherwise) {
  const auto at = std::ranges::find(scalars, name, &Scalar::name);
  return at == scalars.end() ? otherwise : at->value;
}

void Meters::add(const std::vector<Measurement>& measurements) {
  for (const Measurement& m : measurements) {
    auto at = std::ranges::find(totals_, m.name, &Measurement::name);
    if (at == totals_.end()) at = totals_.insert(totals_.end(), {m.name, 0, 0});
    at->sum += m.sum;
    at->weight += m.weight;
  }
}

std::vector<Scalar> Meters::means() const {
  std::vector<Scalar> means;
  for (const Measurement& m : totals_)
    if (m.weight != 0) means.push_back({m.name, m.sum / m.weight});
  return means;
}

Json Meters::state() const {
  Json state = Json::array();
  for (const Measurement& m : totals_) state.push_back({m.name, m.sum, m.weight});
  return state;
}

void Meters::set_state(const Json& state) {
  totals_.clear();
  try {
    for (const Json& entry : state)
      totals_.push_back({entry.at(0).get<std::string>(), entry.at(1).get<double>(), entry.at(2).get<double>()});
  } catch (const nlohmann::json::exception&) {
    throw bad_input("training.Meters", "the checkpoint's meters are not a list of [name, sum, weight]: {}",
                    state.dump().substr(0, 80));
  }
}

}  // namespace hrm::training
