#include "base/waiting.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "base/files.h"
#include "base/signals.h"

namespace hrm {
namespace {

using namespace std::chrono_literals;

TEST(Waiting, AnInterruptEndsTheWaitForAWriter) {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const InterruptScope scope;
  std::jthread signal([] {
    std::this_thread::sleep_for(100ms);
    request_interrupt();
  });
  EXPECT_THROW(read_file(pipe), Interrupted);
}

TEST(Waiting, AnInterruptEndsTheWaitForData) {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const InterruptScope scope;
  std::jthread writer([&] {
    std::ofstream out(pipe);
    out << "one" << std::flush;
    std::this_thread::sleep_for(200ms);
    request_interrupt();
    std::this_thread::sleep_for(200ms);
  });
  EXPECT_THROW(read_file(pipe), Interrupted);
}

TEST(Waiting, ALateWriterIsReadToItsEnd) {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::jthread writer([&] {
    std::this_thread::sleep_for(120ms);
    std::ofstream out(pipe);
    for (int i = 0; i < 3; ++i) {
      out << "line\n" << std::flush;
      std::this_thread::sleep_for(20ms);
    }
  });
  EXPECT_EQ(read_file(pipe), "line\nline\nline\n");
}

TEST(Waiting, WhatCannotBeReadIsNamed) {
  const TemporaryFolder folder;
  EXPECT_THROW(InputFile{folder.path()}, Error);
  EXPECT_THROW(InputFile{folder.path() / "absent"}, Error);
}

TEST(Waiting, AnEndlessDeviceIsRefused) { EXPECT_THROW(read_file("/dev/zero"), Error); }

}  // namespace
}  // namespace hrm
