// The program on a terminal.
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "sepal/data/npy.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "tests/support/program_fixture.h"

namespace sepal::program {
namespace {

TEST_F(Program, EndsOnCtrlCWithoutAFile) {
  const KerasTensor row = Input({.shape = {1}});
  const Model relu(row, layers::ReLU()(row));
  relu->save(folder_ / "relu.keras");
  // Steps for many seconds; the first of them draws the bar.
  write_npy(folder_ / "x.npy", Tensor::zeros({20'000'000, 1}, DType::uint8));
  const std::string model_path = folder_ / "relu.keras";
  const std::string input = folder_ / "x.npy";
  const std::string output = folder_ / "y";
  int terminal = -1;
  const pid_t program = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  ASSERT_GE(program, 0);
  if (program == 0) {
    std::signal(SIGINT, SIG_DFL);  // whoever runs the tests may ignore it
    ::execl(SEPAL_PROGRAM, "sepal", "predict", model_path.c_str(), input.c_str(), "-o", output.c_str(),
            "--batch-size", "1", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  std::string shown;
  bool pressed = false;
  char part[4096];
  for (ssize_t got = 0; (got = ::read(terminal, part, sizeof(part))) > 0;) {
    shown.append(part, static_cast<std::size_t>(got));
    if (pressed || shown.find("/20000000") == std::string::npos) continue;
    pressed = ::write(terminal, "\x03", 1) == 1;
  }
  ::close(terminal);
  int status = 0;
  ASSERT_EQ(::waitpid(program, &status, 0), program);
  EXPECT_TRUE(pressed) << shown;
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_TRUE(shown.ends_with("\n")) << shown;
  EXPECT_EQ(folder_.count(), 2);  // the model and its input
}

}  // namespace
}  // namespace sepal::program
