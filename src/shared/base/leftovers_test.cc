#include "base/leftovers.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"

namespace hrm {
namespace {

pid_t dead_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST(Leftovers, OnlyThoseOfDeadProcessesGo) {
  const TemporaryFolder folder;
  const auto at = [&](const std::string& name) { return folder.path() / name; };
  const std::string dead = std::to_string(dead_process()), living = std::to_string(::getppid());
  std::filesystem::create_directories(at(".data.tmp-" + dead) / "train");
  for (const std::string& name : {".data.tmp-" + living, ".data.tmp-" + dead + "x", std::string(".data.tmp-"),
                                  std::string(".data.tmp--1"), ".other.tmp-" + dead})
    write_file_atomic(at(name), "kept");
  remove_leftovers(folder.path(), ".data.tmp-");
  EXPECT_FALSE(std::filesystem::exists(at(".data.tmp-" + dead)));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 5);
  remove_leftovers(at("absent"), "x");
}

TEST(Leftovers, AWriteRemovesThoseOfItsFile) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "report.json",
             leftover = folder.path() / ("report.json.tmp." + std::to_string(dead_process()));
  write_file_atomic(leftover, "half");
  write_file_atomic(path, "whole");
  EXPECT_FALSE(std::filesystem::exists(leftover));
  EXPECT_EQ(read_file(path), "whole");
}

}  // namespace
}  // namespace hrm
