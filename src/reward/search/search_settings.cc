#include "search/search_settings.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"

namespace hrm::search {
namespace {

constexpr std::array<std::pair<SearchMethod, std::string_view>, 5> kMethods = {
    {{SearchMethod::kBestOfN, "bon"},
     {SearchMethod::kStepGreedy, "step-greedy"},
     {SearchMethod::kBeam, "beam"},
     {SearchMethod::kDvts, "dvts"},
     {SearchMethod::kParticles, "particles"}}};
constexpr std::array<std::pair<ParticleWeights, std::string_view>, 2> kWeights = {
    {{ParticleWeights::kOdds, "odds"}, {ParticleWeights::kExp, "exp"}}};

}  // namespace

EnumNames<SearchMethod> enum_names(SearchMethod) { return kMethods; }
EnumNames<ParticleWeights> enum_names(ParticleWeights) { return kWeights; }

bool SearchSettings::has(SearchMethod wanted) const { return std::ranges::find(method, wanted) != method.end(); }

int64_t SearchSettings::most() const { return *std::ranges::max_element(n); }

void SearchSettings::validate() const {
  StepSettings::validate();
  if (method.empty() || n.empty()) throw bad_input("search.search", "no method or no N: give --method and --n");
  if (std::set(method.begin(), method.end()).size() < method.size() || std::set(n.begin(), n.end()).size() < n.size())
    throw bad_input("search.search", "a method or an N is named twice");
  for (const int64_t each : n) steps::check_setting("n", static_cast<double>(each), 1, 4096);
  steps::check_setting("width", static_cast<double>(width), 1, 4096);
}

Json SearchSettings::to_json() const {
  Json json = {{"method", Json::array()}, {"n", n}};
  for (const SearchMethod each : method) json["method"].push_back(name_of_enum(each));
  json.update(fields_to_json(*this));
  // Files of earlier versions, which lack these, can be continued where they have no effect.
  if (!has(SearchMethod::kParticles)) json.erase("particle_weights");
  if (!logprobs) json.erase("logprobs");
  return json;
}

}  // namespace hrm::search
