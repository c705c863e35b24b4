// The configs of a model that TensorFlow 1.4 wrote, read and written again in its form.
#include "sepal/layers/tensorflow14_config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/saving/load_model.h"
#include "tests/support/error_text.h"

namespace sepal {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(std::string(SEPAL_SOURCE_DIR) + "/tests/golden/models/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class WrittenByTensorFlow14 : public ::testing::TestWithParam<const char*> {};

TEST_P(WrittenByTensorFlow14, IsWrittenAgainTheSame) {
  const std::string text = text_of(std::string(GetParam()) + "/model.json");
  ASSERT_FALSE(text.empty());
  const Json written = Json::parse(text);
  const Model model = model_from_json(text);
  std::size_t compared = 0;
  const Json& config = written["config"];
  for (const Json& entry : config.is_array() ? config : config["layers"]) {
    if (entry["class_name"] == "InputLayer") continue;
    const std::string name = entry["config"]["name"];
    SCOPED_TRACE(name);
    const Json got = tensorflow14_config(*model->get_layer(name));
    for (const auto& [key, value] : entry["config"].items()) {
      // The loader makes an input of it.
      if (key == "batch_input_shape") continue;
      SCOPED_TRACE(key);
      if (value.is_number_float()) {
        // Keras stores the dropout rate and such as they were given.
        EXPECT_FLOAT_EQ(got.value(key, Json()).get<float>(), value.get<float>());
      } else {
        EXPECT_EQ(got.value(key, Json("missing")), value);
      }
      ++compared;
    }
    for (const auto& [key, value] : got.items()) EXPECT_TRUE(entry["config"].contains(key)) << key;
  }
  EXPECT_GT(compared, 30U);
}

INSTANTIATE_TEST_SUITE_P(TensorFlow14Config, WrittenByTensorFlow14,
                         ::testing::Values("sep_res__tf14", "sep_seq_old__tf14", "multi_io__tf14"));

TEST(TensorFlow14Config, OfTheFoundingLayerHasItsKeys) {
  const layers::SeparableConv2D layer({.filters = 2, .kernel_size = 3, .name = "sep"});
  const Json config = tensorflow14_config(*layer);
  std::vector<std::string> keys;
  for (const auto& [key, value] : config.items()) keys.push_back(key);
  // In the order of the specification, §1.8.
  EXPECT_EQ(keys, (std::vector<std::string>{"name",
                                            "trainable",
                                            "dtype",
                                            "filters",
                                            "kernel_size",
                                            "strides",
                                            "padding",
                                            "data_format",
                                            "activation",
                                            "use_bias",
                                            "depthwise_initializer",
                                            "pointwise_initializer",
                                            "bias_initializer",
                                            "depthwise_regularizer",
                                            "pointwise_regularizer",
                                            "bias_regularizer",
                                            "activity_regularizer",
                                            "depthwise_constraint",
                                            "pointwise_constraint",
                                            "bias_constraint"}));
  EXPECT_EQ(config["dtype"], "float32");
  EXPECT_EQ(config["depthwise_initializer"]["class_name"], "VarianceScaling");
  const CompatibilityScope scope(Compatibility::tf14);
  EXPECT_EQ(layer->get_config(), config);
}

TEST(TensorFlow14Config, LosesNothingInSilence) {
  const layers::Conv2D grouped({.filters = 2, .kernel_size = 1, .groups = 2, .name = "g"});
  testing::expect_error<ValueError>([&] { (void)tensorflow14_config(*grouped); }, {"'g'", "'groups'", "2"});
}

}  // namespace
}  // namespace sepal
