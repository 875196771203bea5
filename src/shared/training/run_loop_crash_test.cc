// What survives a process that dies: kill -9 at random moments, and a disk that fills up.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

#include "formats/jsonl.h"
#include "training/run_loop.h"
#include "training/testing/toy_trainee.h"

namespace hrm::training {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSteps = 60;
constexpr size_t kSize = 4000;  // large enough that writing takes a while

LoopOptions options() {
  LoopOptions options = toy_options(kSteps);
  options.save = {.steps = 1};  // so that most kills hit a checkpoint in the making
  options.resume = true;
  return options;
}

int train(const fs::path& path, ToyTrainee& trainee) {
  const RunFolder folder(path, RunMode::kResume);
  return run_loop(trainee, folder, options()).end == RunEnd::kFinished ? 0 : 1;
}

// Runs body in a child process that may be killed without harm to the test.
template <typename Body>
pid_t in_child(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    int code = 99;
    try {
      code = body();
    } catch (const Error& error) {
      code = error.exit_code();
    }
    _exit(code);
  }
  return child;
}

int exit_code(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(RunLoopCrash, KilledAtRandomMomentsEndsWithTheSameBits) {
  ToyTrainee reference(kSize);
  const TemporaryFolder undisturbed, folder;
  ASSERT_EQ(train(undisturbed.path(), reference), 0);

  Rng rng(2024);
  int kills = 0;
  for (int attempt = 0; attempt < 200 && kills < 20; ++attempt) {
    if (fs::exists(folder.path() / "last.safetensors") && rng.chance(0.2)) fs::remove_all(folder.path());
    const pid_t child = in_child([&] {
      ToyTrainee trainee(kSize);
      return train(folder.path(), trainee);
    });
    usleep(static_cast<useconds_t>(rng.below(25'000)));
    kill(child, SIGKILL);
    if (exit_code(child) == -SIGKILL) ++kills;
  }
  EXPECT_GE(kills, 20);

  ToyTrainee last(kSize);
  EXPECT_EQ(train(folder.path(), last), 0);
  EXPECT_EQ(last.values(), reference.values());
  const auto trained = [](const fs::path& run) {
    std::vector<double> losses;
    for (JsonlReader lines(run / "log.jsonl"); lines.next();)
      if (lines.value()["kind"] == "train") losses.push_back(lines.value()["loss"]);
    return losses;
  };
  EXPECT_EQ(trained(folder.path()), trained(undisturbed.path()));
}

// Files of the child may grow to a few bytes less than a checkpoint needs, as on a disk that fills up.
TEST(RunLoopCrash, AFullDiskCostsNothingThatWasSaved) {
  const TemporaryFolder folder;
  ToyTrainee first(kSize);
  first.fault_at = 11;
  EXPECT_THROW(train(folder.path(), first), Error);
  const std::string saved = read_file(folder.path() / "last.safetensors");

  const pid_t child = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);  // writing fails with EFBIG instead
    const rlimit limit{saved.size() / 2, saved.size() / 2};
    setrlimit(RLIMIT_FSIZE, &limit);
    ToyTrainee trainee(kSize);
    return train(folder.path(), trainee);
  });
  EXPECT_EQ(exit_code(child), 1);
  EXPECT_EQ(read_file(folder.path() / "last.safetensors"), saved);

  ToyTrainee reference(kSize), last(kSize);
  const TemporaryFolder undisturbed;
  EXPECT_EQ(train(undisturbed.path(), reference), 0);
  EXPECT_EQ(train(folder.path(), last), 0);
  EXPECT_EQ(last.values(), reference.values());
  for (const auto& entry : fs::directory_iterator(folder.path()))
    EXPECT_EQ(entry.path().string().find(".tmp."), std::string::npos) << entry.path();
}

}  // namespace
}  // namespace hrm::training
