// Adapted layers against what Keras 3.15 makes of them: tests/golden/lora.
#include "sepal/layers/lora.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/load_model.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::expect_values;

const std::string kLoraFolder = std::string(SEPAL_SOURCE_DIR) + "/tests/golden/lora/";

class AdaptedModel : public ::testing::Test {
 protected:
  AdaptedModel() : expected_(Json::parse(std::ifstream(kLoraFolder + "expected.json"))) {}

  Tensor inputs() const {
    return Tensor::from<std::int32_t>(expected_["x"].get<std::vector<std::int32_t>>(), {6, 3});
  }
  Tensor targets() const { return Tensor::from<float>(expected_["y"].get<std::vector<float>>(), {6, 2}); }

  void expect_weights(const Model& model, const char* key) const {
    const Variables weights = model->weights();
    ASSERT_EQ(weights.size(), expected_[key].size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      SCOPED_TRACE(weights[i].path());
      EXPECT_EQ(weights[i].path(), expected_["names"][i].get<std::string>());
      expect_values(weights[i].value(), weights[i].shape(), expected_[key][i].get<std::vector<double>>(),
                    1e-5, 1e-6);
    }
  }

  void expect_predictions(const Model& model) const {
    expect_values(model->predict(inputs()), {6, 2}, expected_["predictions"].get<std::vector<double>>(), 1e-5,
                  1e-5);
  }

  void expect_losses(const Model& model, const char* key) const {
    for (const Json& loss : expected_[key]) {
      EXPECT_NEAR(*model->train_on_batch(inputs(), targets()).find("loss"), loss.get<double>(), 1e-5);
    }
  }

  Json expected_;
};

TEST_F(AdaptedModel, TrainsAsInKeras) {
  const KerasTensor input = Input({.shape = {3}, .dtype = "int32"});
  const layers::Embedding e({.input_dim = 5, .output_dim = 4, .name = "e"});
  const layers::Conv1D c({.filters = 3,
                          .kernel_size = 2,
                          .activation = "tanh",
                          .kernel_regularizer = regularizers::L2({.l2 = 0.01}),
                          .name = "c"});
  const layers::Dense d({.units = 2, .name = "d"});
  const Model model(input, d(layers::Flatten()(c(e(input)))));
  Tensors weights;
  for (std::size_t i = 0; i < expected_["weights"].size(); ++i) {
    weights.push_back(
        Tensor::from<float>(expected_["weights"][i].get<std::vector<float>>(), model->weights()[i].shape()));
  }
  model->set_weights(weights);
  const LoraOptions options{.a_initializer = "ones",
                            .b_initializer = initializers::Constant({.value = 0.25})};
  e->enable_lora(2, options);
  c->enable_lora(2, {3.0, options.a_initializer, options.b_initializer});
  d->enable_lora(2, {0.5, options.a_initializer, options.b_initializer});
  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.05, .momentum = 0.5}), .loss = "mse"});
  std::vector<std::string> trainable;
  for (const Variable& variable : model->trainable_weights()) trainable.push_back(variable.path());
  EXPECT_EQ(Json(trainable), expected_["trainable"]);
  expect_losses(model, "losses");
  expect_weights(model, "trained");
  expect_predictions(model);
  std::size_t i = 0;
  for (const Json& config : {e->get_config(), c->get_config(), d->get_config()}) {
    EXPECT_EQ(config["lora_rank"], expected_["configs"][i]["lora_rank"]);
    EXPECT_EQ(config["lora_alpha"], expected_["configs"][i++]["lora_alpha"]);
  }
  // The file has one weight in place of three.
  const testing::TemporaryFolder temporary;
  model->save(temporary / "m.keras");
  const Model again = load_model(temporary / "m.keras");
  expect_weights(again, "loaded");
  expect_predictions(again);
  expect_losses(again, "losses_after_loading");
}

TEST_F(AdaptedModel, IsLoadedFromAFileOfKeras) {
  std::vector<std::string> notes;
  const Model model = load_model(kLoraFolder + "model.keras", {.notes = &notes});
  EXPECT_THAT(notes, ::testing::IsEmpty());
  expect_weights(model, "loaded");
  expect_predictions(model);
  expect_losses(model, "losses_after_loading");
}

// Keras keeps the matrices apart in `.h5` files.
TEST_F(AdaptedModel, KeepsItsMatricesInALegacyFile) {
  const testing::TemporaryFolder temporary;
  const layers::Dense dense({.units = 2, .lora_rank = 1, .name = "d"});
  const Model model = Sequential({Input({.shape = {3}}), dense});
  dense->set_weights(
      {Tensor::ones({3, 2}), Tensor::zeros({2}), Tensor::full({3, 1}, 2.0), Tensor::ones({1, 2})});
  model->save(temporary / "m.h5");
  const Model again = load_model(temporary / "m.h5");
  expect_values(again->predict(Tensor::ones({1, 3})), {1, 2}, {9, 9});
  expect_values(again->weights()[2].value(), {3, 1}, {2, 2, 2});
}

TEST(Lora, IsRefusedWhereItCannotBe) {
  const layers::Dense dense({.units = 2});
  expect_error<ValueError>([&] { dense->enable_lora(2); },
                           {"Cannot enable lora on a layer that isn't yet built."});
  dense->build_for({kNone, 3});
  expect_error<ValueError>([&] { dense->enable_lora(0); }, {"`rank` must be a positive integer", "rank=0"});
  dense->enable_lora(2);
  expect_error<ValueError>([&] { dense->enable_lora(2); }, {"lora is already enabled"});
  const layers::Embedding bound({.input_dim = 3, .output_dim = 2, .embeddings_constraint = "non_neg"});
  bound->build_for({kNone});
  expect_error<ValueError>([&] { bound->enable_lora(2); }, {"`embeddings_constraint` argument"});
}

// Keras hands no alpha on when it builds these two.
TEST(Lora, TakesTheAlphaOfArgumentsInConvolutionsOnly) {
  const layers::Dense dense({.units = 2, .lora_rank = 2, .lora_alpha = 8.0});
  EXPECT_EQ(dense->get_config()["lora_alpha"], 8.0);
  dense->build_for({kNone, 3});
  EXPECT_EQ(dense->get_config()["lora_alpha"], 2.0);
  const layers::Conv2D conv({.filters = 2, .kernel_size = 1, .lora_rank = 2, .lora_alpha = 8.0});
  conv->build_for({kNone, 3, 3, 1});
  EXPECT_EQ(conv->get_config()["lora_alpha"], 8.0);
  EXPECT_FALSE(layers::Conv2D({.filters = 2, .kernel_size = 1})->get_config().contains("lora_rank"));
}

}  // namespace
}  // namespace sepal
