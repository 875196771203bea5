#include "tree/store_check.h"

namespace hrm::tree {

StoreCheck check_store(const StoreReader& store) {
  StoreCheck found;
  for (size_t i = 0; i < store.contents().problems.size(); ++i) {
    const BuiltTree built = store.load(i);
    ++found.trees;
    found.nodes += built.tree.nodes.size();
    found.rollouts += built.tree.rollouts.size();
    for (const steps::Node& node : built.tree.nodes) found.unfinished += node.unfinished;
    found.orphan_records += built.orphan_requests;
    found.orphan_nodes += built.orphan_samples;
    found.trees_with_orphans += built.orphan_requests > 0;
  }
  for (const auto& [root, places] : store.contents().strays) found.orphan_records += places.size();
  const RecordLogReport& report = store.contents().report;
  found.sound =
      report.damaged_places == 0 && !report.torn && store.contents().unreadable == 0 && found.orphan_records == 0;
  return found;
}

Json to_json(const StoreCheck& found, const StoreReader& store) {
  const StoreContents& contents = store.contents();
  const RecordLogReport& report = contents.report;
  Json places = Json::array();
  for (const DamagedPlace& place : report.places) places.push_back({{"at", place.at}, {"bytes", place.bytes}});
  return {{"store", store.path().string()},
          {"sound", found.sound},
          {"records", report.records},
          {"trees", found.trees},
          {"nodes", found.nodes},
          {"rollouts", found.rollouts},
          {"unfinished_nodes", found.unfinished},
          {"damaged_places", report.damaged_places},
          {"damaged_bytes", report.damaged_bytes},
          {"places", places},
          {"torn_at", report.torn ? Json(report.whole_bytes) : Json(nullptr)},
          {"unreadable_records", contents.unreadable},
          {"trees_without_problem", contents.strays.size()},
          {"orphan_records", found.orphan_records},
          {"orphan_nodes", found.orphan_nodes},
          {"settings", contents.settings}};
}

}  // namespace hrm::tree
