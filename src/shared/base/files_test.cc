#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "base/error.h"
#include "base/testing/refused.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

size_t entries_in(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(ReadFile, ReadsEveryByte) {
  const TemporaryFolder folder;
  const std::string text("a\0\r\n\xff", 5);
  write_file_atomic(folder.path() / "x", text);
  EXPECT_EQ(read_file(folder.path() / "x"), text);
}

TEST(ReadFile, BadPathsAreBadInput) {
  const TemporaryFolder folder;
  const auto message = [](const fs::path& path) -> std::string { return refusal([&] { read_file(path); }); };
  EXPECT_NE(message(folder.path() / "absent").find("No such file"), std::string::npos);
  EXPECT_NE(message(folder.path()).find("is a folder"), std::string::npos);
  EXPECT_NE(message(std::string(300, 'x')).find("too long"), std::string::npos);
}

TEST(WriteAll, AtThePositionOrAtAPlace) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "x").string();
  std::FILE* const file = std::fopen(path.c_str(), "w+");
  ASSERT_NE(file, nullptr);
  EXPECT_TRUE(write_all(fileno(file), "0123"));
  EXPECT_TRUE(write_all(fileno(file), "ab", 1));
  EXPECT_TRUE(write_all(fileno(file), "4"));
  EXPECT_TRUE(write_all(fileno(file), ""));
  std::fclose(file);
  EXPECT_EQ(read_file(path), "0ab34");
  EXPECT_FALSE(write_all(-1, "x"));
  EXPECT_EQ(errno, EBADF);
}

TEST(AtomicFile, WithoutAnEndTheOldFileStays) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "x";
  write_file_atomic(path, "old");
  {
    AtomicFile file(path);
    file.write("new");
    EXPECT_EQ(entries_in(folder.path()), 2u);
    EXPECT_EQ(read_file(path), "old");
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(entries_in(folder.path()), 1u);
  AtomicFile file(path);
  file.write("n");
  file.write("ew");
  file.finish();
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(entries_in(folder.path()), 1u);
}

TEST(WriteFileAtomic, ReplacesAndMakesFolders) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a/b/x";
  write_file_atomic(path, "first, longer");
  write_file_atomic(path, "second");
  EXPECT_EQ(read_file(path), "second");
  EXPECT_EQ(entries_in(path.parent_path()), 1u) << "no temporary file stays";
  write_file_atomic(path, "");
  EXPECT_EQ(read_file(path), "");
}

TEST(WriteFileAtomic, AFailingWriterLeavesTheOldFileAlone) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "x";
  write_file_atomic(path, "old");
  const auto writer = [](const ByteSink& sink) {
    sink(std::as_bytes(std::span("half")));
    throw std::runtime_error("no more");
  };
  EXPECT_THROW(write_file_atomic(path, writer), std::runtime_error);
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(entries_in(folder.path()), 1u);
}

TEST(WriteFileAtomic, AFullDiskLeavesTheOldFileAlone) {  // a limit on file size stands for the full disk
  const TemporaryFolder folder;
  const auto path = folder.path() / "x";
  write_file_atomic(path, "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit tight{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  std::string message = "accepted";
  try {
    write_file_atomic(path, std::string(100'000, 'x'));
  } catch (const Error& error) {
    message = error.what();
    EXPECT_EQ(error.exit_code(), 1);
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find(path.string()), std::string::npos) << message;
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(entries_in(folder.path()), 1u);
}

TEST(WriteFileAtomic, AFolderInTheWayIsReported) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "x/y");
  EXPECT_THROW(write_file_atomic(folder.path() / "x", "text"), Error);
  EXPECT_EQ(entries_in(folder.path()), 1u);
  write_file_atomic(folder.path() / "file", "text");
  EXPECT_THROW(write_file_atomic(folder.path() / "file/z", "text"), Error) << "a file where a folder is needed";
}

TEST(MappedFile, ShowsTheBytesAndSurvivesReplacement) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "x";
  write_file_atomic(path, "old bytes");
  MappedFile map(path);
  const MappedFile moved = std::move(map);
  write_file_atomic(path, "new");
  const auto bytes = moved.bytes();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "old bytes");
  EXPECT_EQ(moved.path(), path);
}

TEST(MappedFile, EmptyFilesAndBadPaths) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "empty", "");
  EXPECT_TRUE(MappedFile(folder.path() / "empty").bytes().empty());
  EXPECT_THROW(MappedFile(folder.path() / "absent"), Error);
  EXPECT_THROW(MappedFile(folder.path()), Error);
  EXPECT_THROW(MappedFile("/dev/null"), Error);
}

TEST(TemporaryFolder, IsGoneWithItsContents) {
  fs::path path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    write_file_atomic(path / "a/b", "text");
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(Files, RenameReplacesTheTarget) {
  const TemporaryFolder folder;
  const auto from = folder.path() / "from", to = folder.path() / "to";
  write_file_atomic(from, "new");
  write_file_atomic(to, "old");
  rename_durable(from, to);
  EXPECT_FALSE(std::filesystem::exists(from));
  EXPECT_EQ(read_file(to), "new");
  EXPECT_THROW(rename_durable(from, to), Error);
  EXPECT_EQ(read_file(to), "new");
}

TEST(Files, FolderTakesTheOthersPlace) {
  const TemporaryFolder folder;
  const auto a = folder.path() / "a", b = folder.path() / "b";
  for (const char* text : {"first", "second"}) {
    write_file_atomic(a / "file", std::string_view(text));
    replace_folder(a, b);
    EXPECT_EQ(read_file(b / "file"), text);
    EXPECT_FALSE(std::filesystem::exists(a));
  }
  EXPECT_THROW(replace_folder(a, b), Error);
  EXPECT_EQ(read_file(b / "file"), "second");
}

}  // namespace
}  // namespace hrm
