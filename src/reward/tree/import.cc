#include "tree/import.h"

#include "base/error.h"
#include "tree/tree_json.h"

namespace hrm::tree {

Json ImportReport::to_json() const { return {{"trees", trees}, {"already_there", already_there}, {"nodes", nodes}}; }

ImportReport import_trees(const std::filesystem::path& file, bool skip_bad, StoreWriter& store) {
  if (store.contents().settings.empty()) store.append(SettingsRecord{{{"imported", file.filename().string()}}});
  ImportReport report;
  JsonlReader lines(file, {.skip_bad = skip_bad, .forgive_cut_end = false, .accept_array = true});
  while (lines.next()) try {
      const steps::Tree tree = tree_from_json(lines.value(), lines.place());
      if (store.holds(root_id(tree.problem))) {
        ++report.already_there;
        continue;
      }
      for (const RequestRecord& request : requests_of(tree)) store.append(request);
      // Last, so that a tree is there as a whole or is imported again.
      const auto position = static_cast<int64_t>(store.contents().problems.size()) + report.trees;
      store.append(steps::ProblemRecord{position, tree.problem});
      ++report.trees;
      report.nodes += static_cast<int64_t>(tree.nodes.size());
    } catch (const Error& error) {
      lines.reject(error);
    }
  store.sync();
  report.bad = lines.bad();
  return report;
}

}  // namespace hrm::tree
