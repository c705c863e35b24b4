// Files of tf.keras 2.15 in the middle of a training: it goes on as there (tests/golden/optimizer_files).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sepal/base/input_file.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/h5_writer.h"
#include "sepal/saving/legacy_h5.h"
#include "sepal/saving/load_model.h"
#include "sepal/saving/save_model.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kGolden;

const std::string kOptimizerFiles = kGolden + "optimizer_files/";

Json expected_training() {
  std::ifstream file(kOptimizerFiles + "expected.json");
  return Json::parse(file);
}

Tensor rows_of(const Json& numbers, std::int64_t columns) {
  const auto values = numbers.get<std::vector<float>>();
  return Tensor::from<float>(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
}

Model load_without_notes(const std::string& path) {
  std::vector<std::string> notes;
  const Model model = load_model(path, {.notes = &notes});
  EXPECT_THAT(notes, IsEmpty()) << path;
  return model;
}

void expect_losses(const Model& model, const Json& expected, const std::string& name,
                   double tolerance = 1e-6) {
  const Tensor x = rows_of(expected["x"], 3);
  const Tensor y = rows_of(expected["y"], 2);
  for (const Json& loss : expected["losses"][name]) {
    EXPECT_NEAR(*model->train_on_batch(x, y).find("loss"), loss.get<double>(), tolerance) << name;
  }
}

TEST(OptimizerOfTfKeras, GoesOnAsIfUninterrupted) {
  const Json expected = expected_training();
  for (const char* name : {"sgd.h5", "sgd.keras", "adafactor.h5", "adafactor.keras", "legacy_adadelta.h5"}) {
    const Model model = load_without_notes(kOptimizerFiles + name);
    EXPECT_EQ(model->optimizer()->iterations(), 3) << name;
    expect_losses(model, expected, name);
  }
}

// It rounds to 16 bits on the way, though not at the same places.
TEST(OptimizerOfTfKeras, GoesOnUnderALossScaleThatTheFileLacks) {
  const Json expected = expected_training();
  for (const char* name : {"mixed_momentum.h5", "mixed_momentum.keras", "mixed_legacy_adam.h5"}) {
    const Model model = load_without_notes(kOptimizerFiles + name);
    EXPECT_STREQ(model->optimizer()->class_name(), "LossScaleOptimizer") << name;
    EXPECT_EQ(model->optimizer()->iterations(), 3) << name;
    expect_losses(model, expected, name, 1e-3);
  }
}

// tf.keras 2 saves no product of Nadam's shares: what Keras 3 would have after three updates is made anew.
TEST(OptimizerOfTfKeras, GetsTheProductOfNadamThatTheFileLacks) {
  const Json expected = expected_training();
  for (const char* name : {"nadam.h5", "nadam.keras", "legacy_nadam.h5"}) {
    const Model model = load_without_notes(kOptimizerFiles + name);
    EXPECT_EQ(model->optimizer()->iterations(), 3) << name;
    model->train_on_batch(rows_of(expected["x"], 3), rows_of(expected["y"], 2));
    double product = 1.0;
    for (int update = 1; update <= 4; ++update) product *= 0.9 * (1.0 - 0.5 * std::pow(0.96, update));
    EXPECT_NEAR(model->optimizer()->variables().back().value().at(0), product, 1e-7) << name;
  }
}

TEST(OptimizerOfTfKeras, HasTheMomentsOfNadamWhereverTheyStand) {
  struct Place {
    const char* file;
    const char* first_moment;
    const char* second_moment;
  };
  for (const Place& place : {Place{"nadam.h5", "Nadam/m/b/kernel:0", "Nadam/v/b/kernel:0"},
                             Place{"legacy_nadam.h5", "Nadam/b/kernel/m:0", "Nadam/b/kernel/v:0"}}) {
    const std::string path = kOptimizerFiles + place.file;
    const Variables state = load_without_notes(path)->optimizer()->variables();
    const H5File file(read_file(path, 1 << 20), "m");
    EXPECT_EQ(state[6].name(), "b_kernel_momentum");
    testing::expect_same_bits(state[6].value(),
                              file.read(std::string("optimizer_weights/") + place.first_moment));
    testing::expect_same_bits(state[7].value(),
                              file.read(std::string("optimizer_weights/") + place.second_moment));
  }
}

// Keras 2.2 saves the slots of these classes, and no number of updates.
TEST(OptimizerOfKeras22, HasSlotsAlone) {
  const Sequential model({Input({.shape = {2}}), layers::Dense({.units = 3})});
  model->compile({.optimizer = "adadelta", .loss = "mse"});
  model->build_optimizer();
  H5Writer writer;
  writer.group("optimizer_weights");
  std::vector<std::string> names;
  for (const Shape& shape : {Shape{2, 3}, Shape{3}, Shape{2, 3}, Shape{3}}) {
    names.push_back(fmt::format("Variable_{}", names.size()));
    writer.dataset("optimizer_weights/" + names.back(),
                   Tensor::full(shape, static_cast<double>(names.size())));
  }
  writer.string_list_attribute("optimizer_weights", "weight_names", names);
  EXPECT_EQ(optimizer_from_legacy_h5(*model, H5File(writer.finish(), "m")), "");
  const Variables state = model->optimizer()->variables();
  std::vector<double> found;
  for (std::size_t i = 2; i < state.size(); ++i) found.push_back(state[i].value().at(0));
  EXPECT_THAT(found, ElementsAre(1, 3, 2, 4));
}

TEST(SaveModel, NamesTheOptimizerInsideOfAnOrdinaryLossScaleInLegacyFiles) {
  const testing::TemporaryFolder temporary;
  const Json expected = expected_training();
  const Model model = load_without_notes(kOptimizerFiles + "mixed_momentum.h5");
  model->save(temporary / "m.h5");
  const H5File file(read_file(temporary / "m.h5", 1 << 20), "m");
  const Json training = Json::parse(*file.string_attribute("", "training_config"));
  EXPECT_EQ(training["optimizer_config"]["class_name"], "SGD");
  const Model again = load_without_notes(temporary / "m.h5");
  EXPECT_STREQ(again->optimizer()->class_name(), "LossScaleOptimizer");
  expect_losses(again, expected, "mixed_momentum.h5", 1e-3);
}

TEST(SaveModel, LeavesOutWhatTfKerasDoesNotSaveOfAnOptimizer) {
  const testing::TemporaryFolder temporary;
  const Json expected = expected_training();
  for (const char* name : {"adafactor.h5", "nadam.h5"}) {
    const Model model = load_without_notes(kOptimizerFiles + name);
    save_model(*model, temporary / "m.h5", {.legacy_reader = LegacyReader::keras2});
    const H5File theirs(read_file(kOptimizerFiles + name, 1 << 20), "theirs");
    const H5File ours(read_file(temporary / "m.h5", 1 << 20), "ours");
    const auto names = theirs.string_list_attribute("optimizer_weights", "weight_names");
    const auto our_names = ours.string_list_attribute("optimizer_weights", "weight_names");
    ASSERT_EQ(our_names->size(), names->size()) << name;
    for (std::size_t i = 0; i < names->size(); ++i) {
      testing::expect_same_bits(ours.read("optimizer_weights/" + (*our_names)[i]),
                                theirs.read("optimizer_weights/" + (*names)[i]));
    }
  }
}

}  // namespace
}  // namespace sepal
