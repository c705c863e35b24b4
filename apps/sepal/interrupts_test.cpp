// SIGINT and SIGTERM at any time of `sepal resave`: the new file is whole, or the old one is still there.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/load_model.h"
#include "tests/support/program_fixture.h"
#include "tests/support/tensor_checks.h"

namespace sepal::program {
namespace {

// The program while it runs.
class RunningResave {
 public:
  RunningResave(std::string in, std::string out) {
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    // Whoever runs the tests may ignore or block them.
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes, &signals);
    for (const int signal : {SIGINT, SIGTERM}) ::sigaddset(&signals, signal);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    std::string name = "sepal";
    std::string command = "resave";
    char* const arguments[] = {name.data(), command.data(), in.data(), out.data(), nullptr};
    EXPECT_EQ(::posix_spawn(&program_, SEPAL_PROGRAM, &actions, &attributes, arguments, environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  void send(int signal) const { EXPECT_EQ(::kill(program_, signal), 0); }
  // The status that a shell would tell: a signal that comes before `main` ends the program by itself.
  int wait() const {
    int status = 0;
    EXPECT_EQ(::waitpid(program_, &status, 0), program_);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t program_ = -1;
};

// Names of files that begin in a folder.
class NewFiles {
 public:
  explicit NewFiles(const std::string& folder) : watch_(::inotify_init1(IN_CLOEXEC)) {
    EXPECT_GE(::inotify_add_watch(watch_, folder.c_str(), IN_CREATE), 0);
  }
  ~NewFiles() { ::close(watch_); }
  NewFiles(const NewFiles&) = delete;
  NewFiles& operator=(const NewFiles&) = delete;
  // False if none comes in a minute.
  bool wait_for_one() const {
    pollfd readable{watch_, POLLIN, 0};
    return ::poll(&readable, 1, 60'000) == 1;
  }

 private:
  int watch_;
};

class InterruptedProgram : public Program, public ::testing::WithParamInterface<int> {
 protected:
  InterruptedProgram() {
    Sequential({Input({.shape = {1024}}), layers::Dense({.units = 1024})})->save(in_);
    weights_ = load_model(in_)->get_weights();
  }

  void expect_whole(const std::string& path) const {
    const Tensors weights = load_model(path)->get_weights();
    ASSERT_EQ(weights.size(), weights_.size());
    for (std::size_t i = 0; i < weights.size(); ++i) testing::expect_same_bits(weights[i], weights_[i]);
  }
  // Nothing that was begun is left, and `out` is what `status` says.
  void expect_old_or_whole(const std::string& out, bool had_old, int status) const {
    const bool exists = std::filesystem::exists(out);
    EXPECT_EQ(folder_.count(), exists ? 2 : 1);
    if (exists && had_old && status != 0 && text_of(out) == kOld) return;
    if (exists) {
      expect_whole(out);
    } else {
      EXPECT_TRUE(!had_old && status != 0) << status;
    }
  }

  static constexpr const char* kOld = "what was there";
  const std::string in_ = folder_ / "model.keras";
  Tensors weights_;
};

TEST_P(InterruptedProgram, LeavesTheOldFileOrAWholeOneWheneverItEnds) {
  const std::string out = folder_ / "new.keras";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(RunningResave(in_, out).wait(), 0);
  const auto whole_run = std::chrono::steady_clock::now() - begin;
  constexpr int kMoments = 20;
  for (int moment = 0; moment < kMoments; ++moment) {
    const bool had_old = moment % 2 == 0;
    std::filesystem::remove(out);
    if (had_old) write("new.keras", kOld);
    const RunningResave resave(in_, out);
    // Where each finds the program does not matter: what holds, holds at all times.
    std::this_thread::sleep_for(whole_run * moment / kMoments);
    resave.send(GetParam());
    const int status = resave.wait();
    EXPECT_TRUE(status == 128 + GetParam() || status == 0) << status;
    expect_old_or_whole(out, had_old, status);
  }
}

TEST_P(InterruptedProgram, WaitsForAFileThatItBegan) {
  for (const char* name : {"new.keras", "new.h5"}) {
    const std::string out = folder_ / name;
    int status = 0;
    // Where other programs keep the processors busy, a whole file may be written before the signal is sent.
    for (int attempt = 0; attempt < 50 && status == 0; ++attempt) {
      std::filesystem::remove(out);
      const NewFiles begun(folder_.path());
      const RunningResave resave(in_, out);
      EXPECT_TRUE(begun.wait_for_one());
      resave.send(GetParam());
      status = resave.wait();
      EXPECT_EQ(folder_.count(), 2);
      ASSERT_TRUE(std::filesystem::exists(out)) << status;
    }
    EXPECT_EQ(status, 128 + GetParam());
    expect_whole(out);
    std::filesystem::remove(out);
  }
}

TEST_P(InterruptedProgram, DoesNotWaitAfterASecondSignalAndRemovesItsPartLater) {
  const std::string out = folder_ / "new.keras";
  const NewFiles begun(folder_.path());
  const RunningResave resave(in_, out);
  EXPECT_TRUE(begun.wait_for_one());
  resave.send(GetParam());
  // Another one: of two that are equal the system may deliver one.
  const int second = GetParam() == SIGINT ? SIGTERM : SIGINT;
  resave.send(second);
  const int status = resave.wait();
  EXPECT_TRUE(status == 128 + GetParam() || status == 128 + second || status == 0) << status;
  if (std::filesystem::exists(out)) expect_whole(out);
  EXPECT_EQ(RunningResave(in_, out).wait(), 0);
  EXPECT_EQ(folder_.count(), 2);
  expect_whole(out);
}

INSTANTIATE_TEST_SUITE_P(Signals, InterruptedProgram, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& info) { return info.param == SIGINT ? "SIGINT" : "SIGTERM"; });

}  // namespace
}  // namespace sepal::program
