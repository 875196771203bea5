// Writes the measurements of a run in three forms: log.jsonl (the record), TensorBoard event files, and plots.
//
// A line of log.jsonl is {"kind": "train" | "evaluation" | "event", "step": n, "seconds": s, "<name>": value, ...}: the
// state after n steps, s seconds of training since the run began, over all its resumes. Each line is handed to the
// system before the run continues.
//
// A resumed run continues from a checkpoint that may be older than the last line. A checkpoint therefore keeps the
// log's size, and what was written later is removed first: the log of a run that was killed and resumed equals that of
// an uninterrupted one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "formats/jsonl.h"
#include "formats/tensorboard.h"
#include "training/meters.h"
#include "training/run_folder.h"

namespace hrm::training {

// A curve of a picture: one metric of one kind of record.
struct Curve {
  std::string label, kind, metric;
};

struct Chart {
  std::filesystem::path path;
  std::string title, y_label;
  std::vector<Curve> curves;
  bool log_y = false;
};

class RunLog {
 public:
  // step, size: of the checkpoint from which the run continues; 0 and 0 for a new run.
  RunLog(const RunFolder& folder, uint64_t step, uint64_t size);

  void train(uint64_t step, double seconds, const std::vector<Scalar>& values) {
    write("train", step, seconds, values);
  }
  void evaluation(uint64_t step, double seconds, const std::vector<Scalar>& values) {
    write("evaluation", step, seconds, values);
  }
  // Not a measurement: "started", "resumed", "interrupted", or a fault.
  void event(uint64_t step, double seconds, std::string_view event);

  uint64_t size() const;  // bytes of log.jsonl
  // All values of a metric so far, in order.
  std::vector<double> history(std::string_view kind, std::string_view metric) const;
  void draw(const Chart& chart) const;

 private:
  void write(std::string_view kind, uint64_t step, double seconds, const std::vector<Scalar>& values);

  std::filesystem::path path_;
  JsonlWriter lines_;
  EventWriter events_;  // marks what an earlier process wrote beyond `step` as obsolete
};

}  // namespace hrm::training
