#include "sepal/layers/core/embedding.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/layers/core/input_layer.h"
#include "sepal/layers/registry.h"
#include "sepal/models/model.h"
#include "sepal/ops/reduce.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

Tensor tokens() { return Tensor::from<std::int64_t>({2, 0, 2, 1}, {2, 2}); }

layers::Embedding ramp_embedding() {
  return layers::Embedding({.input_dim = 3, .output_dim = 2, .weights = testing::ramp({3, 2})});
}

TEST(Embedding, LooksUpRows) {
  const layers::Embedding layer = ramp_embedding();
  testing::expect_values(layer(tokens()), {2, 2, 2}, {5, 6, 1, 2, 5, 6, 3, 4}, 1e-6);
  EXPECT_EQ(layer->output_shapes_for({{kNone, 7}})[0], (Shape{kNone, 7, 2}));
  EXPECT_EQ(layer->weights().at(0).path(), layer->name() + "/embeddings");
}

TEST(Embedding, CutsFloatsAndKeepsLargeWholeNumbers) {
  const layers::Embedding layer = ramp_embedding();
  testing::expect_values(layer(Tensor::from<float>({1.9F}, {1})), {1, 2}, {3, 4}, 1e-6);
  testing::expect_error<InvalidArgumentError>(
      [&] { (void)layer(Tensor::from<std::int64_t>({std::int64_t{1} << 32}, {1})); },
      {"4294967296", "[0, 3)"});
}

TEST(Embedding, HasAGradientForItsTable) {
  const layers::Embedding layer = ramp_embedding();
  (void)layer(tokens());
  GradientTape tape;
  const Tensor table = layer->weights()[0].value();
  testing::expect_values(tape.gradient(ops::sum(layer(tokens())), {table})[0], {3, 2}, {1, 1, 1, 1, 2, 2});
}

TEST(Embedding, MasksZeroOnlyIfTold) {
  const layers::Embedding plain = ramp_embedding();
  EXPECT_FALSE(plain(tokens()).mask().defined());
  const layers::Embedding masking({.input_dim = 3, .output_dim = 2, .mask_zero = true});
  const Tensor mask = masking(tokens()).mask();
  ASSERT_TRUE(mask.defined());
  testing::expect_values(mask.astype(DType::float64), {2, 2}, {1, 0, 1, 1});
}

TEST(Embedding, GoesIntoAModel) {
  const layers::Embedding layer = ramp_embedding();
  const KerasTensor input = Input({.shape = {2}, .dtype = "int64"});
  const Model model(input, layer(input));
  testing::expect_same_bits(model(tokens()), layer(tokens()));
}

TEST(Embedding, WritesTheConfigOfKeras) {
  const layers::Embedding layer({.input_dim = 5, .output_dim = 3, .name = "e"});
  const Json config = layer->get_config();
  for (const char* key : {"name", "trainable", "dtype", "input_dim", "output_dim", "embeddings_initializer",
                          "embeddings_regularizer", "activity_regularizer", "embeddings_constraint",
                          "mask_zero", "quantization_config"}) {
    EXPECT_TRUE(config.contains(key)) << key;
  }
  EXPECT_EQ(config.size(), 11U);
  EXPECT_EQ(layer_from_config("Embedding", config)->get_config(), config);
}

TEST(Embedding, RefusesEmptyTables) {
  testing::expect_error<ValueError>([] { layers::Embedding({.input_dim = 0, .output_dim = 2}); },
                                    {"`input_dim`", "input_dim=0"});
  testing::expect_error<ValueError>([] { layers::Embedding({.input_dim = 2, .output_dim = -2}); },
                                    {"`output_dim`", "output_dim=-2"});
}

}  // namespace
}  // namespace sepal
