// Whole models: files of Keras read here, files written here read again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/load_model.h"
#include "tests/support/error_text.h"
#include "tests/support/golden_models.h"
#include "tests/support/small_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using ::testing::ElementsAre;
using testing::expect_golden_outputs;
using testing::expect_same_weights;
using testing::expect_training_goes_on;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kGolden;
using testing::kX;
using testing::kY;
using testing::small_model;

class GoldenModel : public ::testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return kGolden + "models/" + GetParam(); }
};

TEST_P(GoldenModel, PredictsAsKerasDoes) {
  expect_golden_outputs(load_model(folder() + "/model.keras"), folder());
}

TEST_P(GoldenModel, IsTheSameAfterBeingSavedHere) {
  const testing::TemporaryFolder temporary;
  const Model model = load_model(folder() + "/model.keras");
  model->save(temporary / "first.keras");
  const Model again = load_model(temporary / "first.keras");
  expect_same_weights(model, again);
  EXPECT_EQ(again->to_envelope(), model->to_envelope());
  EXPECT_EQ(again->get_compile_config(), model->get_compile_config());
  again->save(temporary / "second.keras");
  EXPECT_EQ(read_file(temporary / "second.keras", 1 << 20), read_file(temporary / "first.keras", 1 << 20));
}

INSTANTIATE_TEST_SUITE_P(
    Files, GoldenModel,
    ::testing::Values("branches__k315", "chan_first__k315", "dict_io__k315", "frozen__k303", "frozen__k315",
                      "frozen__k36", "nested__k30", "nested__k315", "nested__k36", "nested_old__k315",
                      "odd_names__k315", "policy_model_bfloat16__k315", "policy_model_float16__k315",
                      "policy_model_float64__k315", "policy_model_mixed_bfloat16__k315",
                      "policy_model_mixed_float16__k315", "sep_res__k315", "sep_seq__k30", "sep_seq__k315",
                      "sep_seq_old__k315", "shared__k310", "shared__k315"),
    [](const auto& info) { return std::string(info.param); });

TEST(SaveModel, WritesTheMembersAndGroupsOfKeras) {
  const testing::TemporaryFolder temporary;
  const Model model = small_model("sgd");
  model->train_on_batch(kX, kY);
  model->save(temporary / "m.keras");
  const Archive archive(read_file(temporary / "m.keras", 1 << 20), "m.keras");
  ASSERT_EQ(archive.members().size(), 3U);
  EXPECT_EQ(archive.members()[0].name, "metadata.json");
  EXPECT_EQ(archive.members()[1].name, "config.json");
  EXPECT_EQ(archive.members()[2].name, "model.weights.h5");
  const H5File file(archive.read("model.weights.h5", 1 << 20), "w");
  const auto datasets = [&](const std::string& group) { return file.groups().at(group).datasets; };
  EXPECT_EQ(file.string_attribute("vars", "name"), "small");
  EXPECT_THAT(datasets("vars"), IsEmpty());
  EXPECT_THAT(file.groups().at("layers").groups,
              ElementsAre("batch_normalization", "dropout", "functional", "global_average_pooling2d",
                          "input_layer", "separable_conv2d", "sequential"));
  EXPECT_EQ(file.string_attribute("layers/input_layer/vars", "name"), "image");
  EXPECT_THAT(datasets("layers/separable_conv2d/vars"), ElementsAre("0", "1", "2"));
  EXPECT_THAT(datasets("layers/batch_normalization/vars"), ElementsAre("0", "1", "2", "3"));
  EXPECT_THAT(datasets("layers/functional/layers/depthwise_conv2d/vars"), ElementsAre("0", "1"));
  EXPECT_THAT(file.groups().at("layers/sequential/layers").groups, ElementsAre("dense", "dense_1"));
  EXPECT_THAT(datasets("layers/dropout/seed_generator/vars"), ElementsAre("0"));
  EXPECT_EQ(file.datasets().at("layers/dropout/seed_generator/vars/0").dtype, DType::uint32);
  EXPECT_THAT(datasets("optimizer/vars"), ElementsAre("0", "1"));
  EXPECT_EQ(file.string_attribute("optimizer/vars", "name"), "sgd");
  EXPECT_EQ(file.read("optimizer/vars/0").item(), 1.0);
}

TEST(SaveModel, SavesAgainWithTheSameBytes) {
  const testing::TemporaryFolder temporary;
  const Model model = small_model();
  model->train_on_batch(kX, kY);
  model->save(temporary / "a.keras");
  model->save(temporary / "b.keras");
  EXPECT_EQ(read_file(temporary / "a.keras", 1 << 20), read_file(temporary / "b.keras", 1 << 20));
  model->save_weights(temporary / "a.weights.h5");
  model->save_weights(temporary / "b.weights.h5");
  EXPECT_EQ(read_file(temporary / "a.weights.h5", 1 << 20), read_file(temporary / "b.weights.h5", 1 << 20));
}

TEST(SaveModel, LetsTrainingGoOnWhereItStopped) {
  for (const char* optimizer : {"adam", "sgd", "rmsprop", "adagrad"}) {
    const testing::TemporaryFolder temporary;
    expect_training_goes_on(small_model(optimizer), temporary / "m.keras", kX, kY);
  }
}

TEST(SaveModel, RefusesAnotherExtensionAndAModelThatIsNotBuilt) {
  const Model model = small_model();
  EXPECT_THAT(testing::error_text<ValueError>([&] { model->save("m.txt"); }),
              HasSubstr("ends in `.keras`, `.h5` or `.hdf5`. Received: filepath=m.txt"));
  EXPECT_THAT(
      testing::error_text<ValueError>([&] { model->save_weights("m.keras"); }),
      HasSubstr("The filename must end in `.weights.h5`, `.h5` or `.hdf5`. Received: filepath=m.keras"));
  const Sequential unbuilt({layers::Dense({.units = 3})});
  EXPECT_THAT(testing::error_text<ValueError>([&] { unbuilt->save("m.keras"); }),
              HasSubstr("not yet been built"));
}

TEST(LoadModel, CompilesOnlyIfAsked) {
  const std::string path = kGolden + "models/sep_seq__k315/model.keras";
  EXPECT_TRUE(load_model(path)->compiled());
  EXPECT_FALSE(load_model(path, {.compile = false})->compiled());
}

TEST(LoadModel, TellsThatAnOptimizerIsMissing) {
  std::vector<std::string> notes;
  const Model model = load_model(kGolden + "models/sep_seq__k315/model_after_h5.keras", {.notes = &notes});
  EXPECT_THAT(notes, ElementsAre(HasSubstr("names no optimizer")));
  expect_golden_outputs(model, kGolden + "models/sep_seq__k315");
}

TEST(LoadModel, GoesOnWithoutAnOptimizerStateThatDoesNotFit) {
  std::vector<std::string> notes;
  // Keras 3.0 trained layers that its config calls frozen, so the state has slots for them.
  load_model(kGolden + "models/frozen__k303/model.keras", {.notes = &notes});
  EXPECT_THAT(notes, IsEmpty());
  const testing::TemporaryFolder temporary;
  const Model model = small_model("sgd");
  model->train_on_batch(kX, kY);
  model->save_weights(temporary / "m.weights.h5");
  const Model other = small_model("adam");
  load_weights(*other, temporary / "m.weights.h5", {.notes = &notes});
  EXPECT_THAT(notes, IsEmpty());
  other->train_on_batch(kX, kY);
  other->save_weights(temporary / "m.weights.h5");
  load_weights(*model, temporary / "m.weights.h5", {.notes = &notes});
  EXPECT_THAT(notes, ElementsAre(HasSubstr("the state of optimizer 'sgd' starts anew")));
  expect_same_weights(model, other);
}

}  // namespace
}  // namespace sepal
