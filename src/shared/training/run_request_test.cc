#include "training/run_request.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace hrm::training {
namespace {

struct ToyConfig {
  double rate = 0.1;
  int64_t log_steps = 10;

  static void fields(auto& self, auto&& field) {
    field("rate", self.rate, "");
    field("log_steps", self.log_steps, "");
  }
  void validate() const {
    if (rate < 0) throw bad_input("toy", "rate");
  }
};

class RunRequestTest : public testing::Test {
 protected:
  ToyConfig resolve(const RunRequest& request) {
    static constexpr std::string_view kHarmless[] = {"log_steps"};
    return resolve_settings(ToyConfig(), request, {.names_model = false, .harmless = kHarmless},
                            [&](ToyConfig& config, bool resumed) {
                              resumed_ = resumed;
                              for (const std::string& setting : request.settings) assign_field(config, setting);
                            });
  }
  RunRequest resume(std::vector<std::string> settings) const {
    return {.out = folder_.path(), .mode = RunMode::kResume, .settings = std::move(settings)};
  }

  TemporaryFolder folder_;
  bool resumed_ = false;
};

TEST_F(RunRequestTest, SettingsChangeDefaultsOrThoseOfTheRun) {
  EXPECT_EQ(resolve({.out = folder_.path(), .settings = {"rate=0.2"}}).rate, 0.2);
  EXPECT_FALSE(resumed_);
  write_json(folder_.path() / "config.json", {{"rate", 0.3}, {"log_steps", 5}, {"of_another_version", 1}});
  const ToyConfig config = resolve(resume({"log_steps=7"}));
  EXPECT_TRUE(resumed_);
  EXPECT_EQ(config.rate, 0.3);
  EXPECT_EQ(config.log_steps, 7);
}

TEST_F(RunRequestTest, AResumedRunChangesItsNumbersOnlyIfThatIsAccepted) {
  write_json(folder_.path() / "config.json", {{"rate", 0.3}, {"log_steps", 5}});
  RunRequest request = resume({"rate=0.4"});
  EXPECT_THROW(resolve(request), Error);
  request.accept_changes = true;
  EXPECT_EQ(resolve(request).rate, 0.4);
  EXPECT_THROW(resolve({.out = folder_.path(), .settings = {"rate=-1"}}), Error);
}

}  // namespace
}  // namespace hrm::training
