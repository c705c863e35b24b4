#include "sepal/train/callbacks/callbacks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sepal/base/error.h"
#include "tests/support/fake_training_host.h"

namespace sepal {
namespace {

using testing::FakeHost;

Logs logs_of(const std::vector<std::pair<std::string, double>>& values) {
  Logs logs;
  for (const auto& [name, value] : values) logs.set(name, value);
  return logs;
}

// Epochs with these values of `name`, until the callback stops them; the host's weight is the epoch's number.
// Returns how many ran.
int run_epochs(callbacks::CallbackBase& callback, FakeHost& host, const std::string& name,
               const std::vector<double>& values) {
  callback.begin(host, {.epochs = static_cast<std::int64_t>(values.size()), .steps = 2, .verbose = 0});
  callback.on_train_begin();
  int epoch = 0;
  Logs logs;
  for (; epoch < static_cast<int>(values.size()) && !host.stopped; ++epoch) {
    callback.on_epoch_begin(epoch);
    host.weight = Tensor::full({1}, epoch);
    logs = logs_of({{name, values[static_cast<std::size_t>(epoch)]}});
    callback.on_epoch_end(epoch, logs);
  }
  callback.on_train_end(logs);
  return epoch;
}

TEST(EarlyStopping, StopsAfterPatienceEpochsWithoutImprovement) {
  FakeHost host;
  callbacks::EarlyStopping callback({.patience = 2});
  EXPECT_EQ(run_epochs(callback, host, "val_loss", {1.0, 0.5, 0.6, 0.5, 0.1}), 4);
  EXPECT_EQ(callback.stopped_epoch(), 3);
  EXPECT_EQ(callback.best_epoch(), 1);
  EXPECT_EQ(callback.best(), 0.5);
  EXPECT_EQ(host.weight.item(), 3.0) << "the weights stay those of the last epoch";
}

TEST(EarlyStopping, NeverStopsInTheFirstEpoch) {
  FakeHost host;
  callbacks::EarlyStopping callback({.patience = 0});
  EXPECT_EQ(run_epochs(callback, host, "val_loss", {std::nan(""), std::nan(""), 1.0}), 2);
}

TEST(EarlyStopping, RestoresTheBestWeights) {
  FakeHost host;
  callbacks::EarlyStopping stopping({.patience = 2, .restore_best_weights = true});
  run_epochs(stopping, host, "val_loss", {1.0, 0.5, 0.6, 0.7});
  EXPECT_EQ(host.weight.item(), 1.0);
  FakeHost unstopped;
  callbacks::EarlyStopping patient({.patience = 9, .restore_best_weights = true});
  run_epochs(patient, unstopped, "val_loss", {1.0, 0.5, 0.6, 0.7});
  EXPECT_EQ(unstopped.weight.item(), 1.0) << "also when training went to its end";
}

TEST(EarlyStopping, CountsOnlyChangesAboveMinDelta) {
  FakeHost host;
  callbacks::EarlyStopping callback({.min_delta = 0.1, .patience = 1});
  EXPECT_EQ(run_epochs(callback, host, "val_loss", {1.0, 0.85, 0.8, 0.1}), 3);
  EXPECT_EQ(callback.best(), 0.85);
}

TEST(EarlyStopping, WatchesFromAnEpochOnAndAgainstABaseline) {
  FakeHost host;
  callbacks::EarlyStopping late({.patience = 1, .start_from_epoch = 2});
  EXPECT_EQ(run_epochs(late, host, "val_loss", {1.0, 2.0, 3.0, 4.0, 5.0}), 4);
  FakeHost other;
  // Improvements that do not pass the baseline do not reset the count.
  callbacks::EarlyStopping baseline({.patience = 3, .baseline = 0.1});
  EXPECT_EQ(run_epochs(baseline, other, "val_loss", {1.0, 0.9, 0.8, 0.85, 0.7}), 4);
}

TEST(EarlyStopping, KnowsWhichWayAMetricIsBetter) {
  FakeHost rising;
  callbacks::EarlyStopping accuracy({.monitor = "val_accuracy", .patience = 1});
  EXPECT_EQ(run_epochs(accuracy, rising, "val_accuracy", {0.1, 0.2, 0.3, 0.3}), 4);
  FakeHost falling;
  callbacks::EarlyStopping mae({.monitor = "mae", .patience = 1});
  EXPECT_EQ(run_epochs(mae, falling, "mae", {0.1, 0.2, 0.3}), 2);
  FakeHost unknown;
  callbacks::EarlyStopping own({.monitor = "own"});
  EXPECT_THROW(run_epochs(own, unknown, "own", {1.0}), ValueError);
  callbacks::EarlyStopping told({.monitor = "own", .patience = 1, .mode = "max"});
  EXPECT_EQ(run_epochs(told, unknown, "own", {0.1, 0.2, 0.1, 0.3}), 3);
  FakeHost missing;
  callbacks::EarlyStopping absent({.monitor = "val_loss"});
  EXPECT_EQ(run_epochs(absent, missing, "loss", {1.0, 2.0, 3.0}), 3);
}

TEST(ModelCheckpoint, WritesEachEpochUnderItsFormattedName) {
  FakeHost host;
  callbacks::ModelCheckpoint callback({.filepath = "m_{epoch:02d}_{val_loss:.2f}.keras"});
  run_epochs(callback, host, "val_loss", {1.0, 0.5});
  EXPECT_EQ(host.saved, (std::vector<std::string>{"m_01_1.00.keras", "m_02_0.50.keras"}));
}

TEST(ModelCheckpoint, WritesOnlyTheBest) {
  FakeHost host;
  callbacks::ModelCheckpoint callback({.filepath = "{epoch}.weights.h5",
                                       .monitor = "accuracy",
                                       .save_best_only = true,
                                       .save_weights_only = true,
                                       .initial_value_threshold = 0.2});
  run_epochs(callback, host, "accuracy", {0.1, 0.3, 0.3, 0.4});
  EXPECT_EQ(host.saved, (std::vector<std::string>{"weights 2.weights.h5", "weights 4.weights.h5"}));
}

TEST(ModelCheckpoint, CountsBatchesAcrossEpochs) {
  FakeHost host;
  callbacks::ModelCheckpoint callback({.filepath = "{epoch}-{batch}.keras", .save_freq = 3});
  callback.begin(host, {});
  for (int epoch = 0; epoch < 2; ++epoch) {
    callback.on_epoch_begin(epoch);
    for (int batch = 0; batch < 4; ++batch) callback.on_train_batch_end(batch, {});
    Logs logs;
    callback.on_epoch_end(epoch, logs);
  }
  EXPECT_EQ(host.saved, (std::vector<std::string>{"1-3.keras", "2-2.keras"}));
}

TEST(ModelCheckpoint, RefusesPathsItCannotUse) {
  EXPECT_THROW(callbacks::ModelCheckpoint({.filepath = "model"}), ValueError);
  EXPECT_THROW(callbacks::ModelCheckpoint({.filepath = "model.keras", .save_weights_only = true}),
               ValueError);
  EXPECT_THROW(callbacks::SaveFrequency("batch"), ValueError);
  FakeHost host;
  callbacks::ModelCheckpoint unknown({.filepath = "{val_loss}.keras"});
  EXPECT_THROW(run_epochs(unknown, host, "loss", {1.0}), ValueError);
}

TEST(ModelCheckpoint, MakesMissingFoldersAndRefusesAFolderAsFile) {
  const auto folder = std::filesystem::temp_directory_path() / "sepal_checkpoint_test";
  std::filesystem::remove_all(folder);
  FakeHost host;
  callbacks::ModelCheckpoint callback({.filepath = (folder / "a" / "m.keras").string()});
  run_epochs(callback, host, "loss", {1.0});
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a"));
  std::filesystem::create_directory(folder / "a" / "m.keras");
  EXPECT_THROW(run_epochs(callback, host, "loss", {1.0}), OSError);
  std::filesystem::remove_all(folder);
}

TEST(ReduceLROnPlateau, LowersTheRateAfterPatienceEpochs) {
  FakeHost host;
  callbacks::ReduceLROnPlateau callback({.factor = 0.5, .patience = 2, .min_lr = 0.2});
  run_epochs(callback, host, "val_loss", {1.0, 1.0, 1.0});
  EXPECT_EQ(host.optimizer()->learning_rate(), 0.5);
  run_epochs(callback, host, "val_loss", {1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5});
  EXPECT_FLOAT_EQ(static_cast<float>(host.optimizer()->learning_rate()), 0.2F);
  EXPECT_THROW(callbacks::ReduceLROnPlateau({.factor = 1.0}), ValueError);
}

TEST(ReduceLROnPlateau, WaitsOutItsCooldown) {
  FakeHost host;
  callbacks::ReduceLROnPlateau callback({.factor = 0.5, .patience = 1, .cooldown = 2});
  std::vector<double> rates;
  callback.begin(host, {});
  callback.on_train_begin();
  for (int epoch = 0; epoch < 6; ++epoch) {
    Logs logs = logs_of({{"val_loss", 1.0}});
    callback.on_epoch_end(epoch, logs);
    rates.push_back(*logs.find("learning_rate"));
  }
  // Lowered at the ends of epochs 1, 3 and 5: while the cooldown counts down from 2 one epoch is skipped.
  EXPECT_EQ(rates, (std::vector<double>{1.0, 1.0, 0.5, 0.5, 0.25, 0.25}));
}

TEST(LearningRateScheduler, SetsTheRateAtTheStartOfEachEpoch) {
  FakeHost host;
  callbacks::LearningRateScheduler callback(
      {.schedule = [](std::int64_t epoch, double rate) { return epoch < 2 ? rate : rate / 2; }});
  run_epochs(callback, host, "loss", {1.0, 1.0, 1.0, 1.0});
  EXPECT_EQ(host.optimizer()->learning_rate(), 0.25);
  Logs logs;
  callback.on_epoch_end(3, logs);
  EXPECT_EQ(*logs.find("learning_rate"), 0.25);
  EXPECT_THROW(callbacks::LearningRateScheduler({}), ValueError);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(CSVLogger, WritesALinePerEpochAndGoesOnWhenAsked) {
  const std::string path = (std::filesystem::temp_directory_path() / "sepal_csv_logger_test.csv").string();
  FakeHost host;
  callbacks::CSVLogger first({.filename = path});
  run_epochs(first, host, "loss", {1.0, 0.25});
  EXPECT_EQ(content_of(path), "epoch,loss,val_loss\r\n0,1.0,NA\r\n1,0.25,NA\r\n");
  callbacks::CSVLogger second({.filename = path, .separator = ";", .append = true});
  run_epochs(second, host, "loss", {1e-7});
  EXPECT_EQ(content_of(path), "epoch,loss,val_loss\r\n0,1.0,NA\r\n1,0.25,NA\r\n0;1e-07;NA\r\n");
  callbacks::CSVLogger validated({.filename = path});
  run_epochs(validated, host, "val_loss", {0.1});
  EXPECT_EQ(content_of(path), "epoch,val_loss\r\n0,0.1\r\n");
  std::filesystem::remove(path);
  callbacks::CSVLogger nowhere({.filename = "/nonexistent/folder/log.csv"});
  EXPECT_THROW(nowhere.on_train_begin(), OSError);
}

TEST(TerminateOnNaN, StopsAtTheFirstLossThatIsNoNumber) {
  FakeHost host;
  callbacks::TerminateOnNaN callback;
  callback.begin(host, {});
  callback.on_train_batch_end(0, logs_of({{"loss", 1.0}}));
  EXPECT_FALSE(host.stopped);
  callback.on_train_batch_end(1, logs_of({{"loss", INFINITY}}));
  EXPECT_TRUE(host.stopped);
  callbacks::TerminateOnNaN strict({.raise_error = true});
  EXPECT_THROW(strict.on_train_batch_end(0, logs_of({{"loss", std::nan("")}})), RuntimeError);
}

TEST(LambdaCallback, CallsWhatItWasGiven) {
  FakeHost host;
  std::vector<std::int64_t> epochs;
  callbacks::LambdaCallback callback({.on_epoch_end = [&](std::int64_t epoch, Logs& logs) {
    epochs.push_back(epoch);
    logs.set("extra", 1.0);
  }});
  run_epochs(callback, host, "loss", {1.0, 2.0});
  EXPECT_EQ(epochs, (std::vector<std::int64_t>{0, 1}));
}

}  // namespace
}  // namespace sepal
