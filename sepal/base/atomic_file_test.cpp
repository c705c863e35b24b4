#include "sepal/base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::error_text;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::string text_of(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path, 1 << 20);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_text(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

TEST(AtomicFile, WritesAndReplaces) {
  const TemporaryFolder folder;
  write_text(folder / "a", "first");
  EXPECT_EQ(text_of(folder / "a"), "first");
  write_text(folder / "a", "second");
  EXPECT_EQ(text_of(folder / "a"), "second");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, KeepsTheOldFileUntilCommit) {
  const TemporaryFolder folder;
  write_text(folder / "a", "old");
  {
    AtomicFile file(folder / "a");
    file.write("new");
    EXPECT_EQ(text_of(folder / "a"), "old");
  }
  EXPECT_EQ(text_of(folder / "a"), "old");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, RefusesToWriteAfterCommit) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a");
  file.commit();
  EXPECT_THROW(file.write("x"), RuntimeError);
  EXPECT_THROW(file.commit(), RuntimeError);
}

TEST(AtomicFile, FollowsASymbolicLink) {
  const TemporaryFolder folder;
  write_text(folder / "real", "old");
  fs::create_symlink("real", folder / "link");
  write_text(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(text_of(folder / "real"), "new");
}

TEST(AtomicFile, FollowsALinkWhoseEndDoesNotExistYet) {
  const TemporaryFolder folder;
  fs::create_symlink("later", folder / "link");
  write_text(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(text_of(folder / "later"), "new");
}

TEST(AtomicFile, RefusesACircleOfLinks) {
  const TemporaryFolder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  EXPECT_THAT(error_text<OSError>([&] { AtomicFile file(folder / "a"); }), HasSubstr("symbolic links"));
}

TEST(AtomicFile, KeepsTheModeOfAnExistingFile) {
  const TemporaryFolder folder;
  write_text(folder / "a", "old");
  ASSERT_EQ(::chmod((folder / "a").c_str(), 0640), 0);
  write_text(folder / "a", "new");
  EXPECT_EQ(fs::status(folder / "a").permissions(), static_cast<fs::perms>(0640));
}

TEST(AtomicFile, GivesANewFileTheModeThatTheUmaskLeaves) {
  const TemporaryFolder folder;
  const mode_t old = ::umask(027);
  write_text(folder / "a", "new");
  ::umask(old);
  EXPECT_EQ(fs::status(folder / "a").permissions(), static_cast<fs::perms>(0640));
}

TEST(AtomicFile, RefusesAFolder) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "folder");
  EXPECT_THAT(error_text<OSError>([&] { AtomicFile file(folder / "folder"); }),
              AllOf(HasSubstr(folder / "folder"), HasSubstr("Is a directory")));
  EXPECT_THAT(error_text<OSError>([&] { AtomicFile file(folder / "new/"); }), HasSubstr("Is a directory"));
}

TEST(AtomicFile, RefusesAPipe) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_text<OSError>([&] { AtomicFile file(folder / "pipe"); }),
              HasSubstr("not a regular file"));
  EXPECT_TRUE(fs::is_fifo(folder / "pipe"));
}

TEST(AtomicFile, SaysWhenTheFolderIsMissingOrAFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_text<OSError>([&] { AtomicFile file(folder / "missing/a"); }),
              AllOf(HasSubstr(folder / "missing/a"), HasSubstr("No such file or directory")));
  write_text(folder / "file", "");
  EXPECT_THAT(error_text<OSError>([&] { AtomicFile file(folder / "file/a"); }), HasSubstr("Not a directory"));
  EXPECT_THAT(error_text<OSError>([] { AtomicFile file(""); }), HasSubstr("No such file or directory"));
}

// The limit on a file's size makes write(2) fail part of the way, as a full disk does.
TEST(AtomicFile, KeepsTheOldFileWhenTheDiskIsFull) {
  const TemporaryFolder folder;
  write_text(folder / "a", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 10000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = error_text<OSError>([&] {
    AtomicFile file(folder / "a");
    for (int i = 0; i < 3; ++i) file.write(std::string(4000, 'x'));
    file.commit();
  });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(message,
              AllOf(HasSubstr("Cannot write"), HasSubstr(folder / "a"), HasSubstr("File too large")));
  EXPECT_EQ(text_of(folder / "a"), "old");
  EXPECT_EQ(folder.count(), 1);
}

// Runs `action` in a process of a user without rights, for root may write everything; true if it returned
// true.
bool true_without_rights(const std::function<bool()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(2);
    ::_exit(action() ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

TEST(AtomicFile, RefusesAReadOnlyFile) {
  const TemporaryFolder folder;
  write_text(folder / "a", "old");
  ASSERT_EQ(::chmod((folder / "a").c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  EXPECT_TRUE(true_without_rights([&] {
    return error_text<OSError>([&] { AtomicFile file(folder / "a"); }).find("Permission denied") !=
           std::string::npos;
  }));
}

TEST(AtomicFile, RefusesAReadOnlyFolder) {
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  EXPECT_TRUE(true_without_rights([&] {
    return error_text<OSError>([&] { AtomicFile file(folder / "a"); }).find("Permission denied") !=
           std::string::npos;
  }));
}

TEST(AtomicFile, RemovesWhatAKilledWriterLeft) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile file(folder / "a");
    file.write("half");
    ::_exit(0);  // no destructor, as after a kill
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_EQ(folder.count(), 1);
  write_text(folder / "a", "new");
  EXPECT_EQ(text_of(folder / "a"), "new");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, LeavesALivingWriterAlone) {
  const TemporaryFolder folder;
  AtomicFile first(folder / "a");
  first.write("first");
  write_text(folder / "a", "second");
  EXPECT_EQ(text_of(folder / "a"), "second");
  first.commit();
  EXPECT_EQ(text_of(folder / "a"), "first");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, SurvivesManyWritersAtOnce) {
  const TemporaryFolder folder;
  const auto write_often = [&](char letter) {
    for (int i = 0; i < 50; ++i) write_text(folder / "a", std::string(3000, letter));
  };
  std::thread a(write_often, 'a');
  std::thread b(write_often, 'b');
  a.join();
  b.join();
  const std::string text = text_of(folder / "a");
  EXPECT_EQ(text, std::string(3000, text.at(0)));
  EXPECT_EQ(folder.count(), 1);
}

}  // namespace
}  // namespace sepal
