#include "sepal/train/callbacks/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "tests/support/fake_training_host.h"

namespace sepal {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// What the bar writes for two epochs of two steps.
std::string bar_text(int verbose, bool terminal) {
  std::string text;
  callbacks::ProgressBar bar({.write = [&](const std::string& part) { text += part; }, .terminal = terminal});
  testing::FakeHost host;
  bar.begin(host, {.epochs = 2, .steps = 2, .verbose = verbose});
  bar.on_train_begin();
  for (int epoch = 0; epoch < 2; ++epoch) {
    Logs logs;
    bar.on_epoch_begin(epoch);
    for (int batch = 0; batch < 2; ++batch) {
      logs.set("accuracy", 0.5);
      logs.set("loss", 0.25);
      bar.on_train_batch_end(batch, logs);
    }
    logs.set("val_loss", 0.00012);
    bar.on_epoch_end(epoch, logs);
  }
  bar.on_train_end({});
  return text;
}

TEST(ProgressBar, WritesOneLinePerEpochWhereThereIsNoTerminal) {
  const std::string line =
      "2/2 - [0-9]+s - [0-9]+[mu]?s/step - accuracy: 0\\.5000 - loss: 0\\.2500 - val_loss: 1\\.2000e-04\n";
  EXPECT_THAT(bar_text(1, false), MatchesRegex("Epoch 1/2 - " + line + "Epoch 2/2 - " + line));
  EXPECT_THAT(bar_text(2, true), MatchesRegex("Epoch 1/2 - " + line + "Epoch 2/2 - " + line));
}

TEST(ProgressBar, RedrawsInPlaceOnATerminal) {
  const std::string text = bar_text(1, true);
  EXPECT_THAT(text, StartsWith("Epoch 1/2\n\r"));
  EXPECT_THAT(text, HasSubstr("1/2"));
  EXPECT_THAT(text, HasSubstr("━"));
  EXPECT_THAT(text, HasSubstr(" - accuracy: 0.5000 - loss: 0.2500 - val_loss: 1.2000e-04\n"));
  EXPECT_THAT(text, Not(HasSubstr("Epoch 1/2 - ")));
}

TEST(ProgressBar, StaysWithinALineOfTheTerminal) {
  std::vector<std::string> drawn;
  callbacks::ProgressBar bar(
      {.write = [&](const std::string& part) { drawn.push_back(part); }, .terminal = true, .columns = 60});
  testing::FakeHost host;
  bar.begin(host, {.epochs = 1, .steps = 1, .verbose = 1});
  bar.on_epoch_begin(0);
  Logs logs;
  logs.set("a_metric_of_a_very_long_name", 0.5);
  logs.set("another_metric_of_a_long_name", 0.5);
  bar.on_train_batch_end(0, logs);
  ASSERT_EQ(drawn.size(), 2);  // the epoch's title and the bar
  std::string line = std::regex_replace(drawn[1], std::regex("\x1b\\[[0-9;]*m|\r"), "");
  line = std::regex_replace(line, std::regex("━"), "-");
  EXPECT_THAT(line, StartsWith("1/1 --------------------"));
  EXPECT_THAT(line, HasSubstr(" - a_metric"));
  EXPECT_EQ(line.size(), 59) << line;
}

TEST(ProgressBar, WritesTheResultOfAnEvaluation) {
  std::string text;
  callbacks::ProgressBar bar({.write = [&](const std::string& part) { text += part; }, .terminal = false});
  testing::FakeHost host;
  bar.begin(host, {.epochs = 1, .steps = 3, .verbose = 1});
  bar.on_test_begin();
  Logs logs;
  logs.set("loss", 2.0);
  for (int batch = 0; batch < 3; ++batch) bar.on_test_batch_end(batch, logs);
  bar.on_test_end(logs);
  EXPECT_THAT(text, MatchesRegex("3/3 - [0-9]+s - [0-9]+[mu]?s/step - loss: 2\\.0000\n"));
}

}  // namespace
}  // namespace sepal
