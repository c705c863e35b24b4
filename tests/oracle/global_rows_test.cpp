// The oracle's rows E49 to E51, and the specification's traps about defaults and constants of the process.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/layers/convolutional/separable_conv2d.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;
using testing::ramp;

SeparableConv2D small_layer() { return SeparableConv2D({.filters = 1, .kernel_size = 1}); }

TEST(OracleRows, E49_TheDataFormatIsThatOfTheConstruction) {
  const SeparableConv2D before = small_layer();
  set_image_data_format("Channels_First");
  const SeparableConv2D after = small_layer();
  EXPECT_THROW(set_image_data_format("nchw"), ValueError);
  set_image_data_format("channels_last");
  EXPECT_EQ(before->options().data_format, "channels_last");
  EXPECT_EQ(after->options().data_format, "channels_first");
}

TEST(OracleRows, Trap29_ConfigsHoldTheDataFormatThatWasTheDefault) {
  set_image_data_format("channels_first");
  const SeparableConv2D layer = small_layer();
  set_image_data_format("channels_last");
  EXPECT_EQ(layer->get_config()["data_format"], "channels_first");
}

// The file is read once in a process: these two run in processes of their own.
TEST(OracleRows, E50_LayersTakeTheDataFormatOfKerasJson) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const testing::TemporaryFolder folder;
        ::setenv("KERAS_HOME", folder.path().c_str(), 1);
        std::ofstream(folder / "keras.json") << R"({"image_data_format": "channels_first"})";
        const bool is_first = small_layer()->options().data_format == "channels_first";
        std::filesystem::remove_all(folder.path());
        std::_Exit(is_first ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(OracleRows, E50_ABadKerasJsonStopsTheFirstLayer) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const testing::TemporaryFolder folder;
        ::setenv("KERAS_HOME", folder.path().c_str(), 1);
        std::ofstream(folder / "keras.json") << R"({"epsilon": 1})";
        bool is_refused = false;
        try {
          small_layer();
        } catch (const ValueError&) {
          is_refused = true;
        }
        std::filesystem::remove_all(folder.path());
        std::_Exit(is_refused ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(OracleRows, E51_TheDtypeIsThatOfTheConstruction) {
  set_floatx("float64");
  const SeparableConv2D layer = small_layer();
  EXPECT_THROW(set_floatx("float8"), ValueError);
  set_floatx("float32");
  EXPECT_EQ(layer->dtype(), DType::float64);
  layer->build_for({{1, 1, 1, 1}});
  EXPECT_EQ(layer->weights()[0].dtype(), DType::float64);
  EXPECT_EQ(small_layer()->dtype(), DType::float32);
}

TEST(OracleRows, Trap5_ArgumentsAreNamedAndNotCounted) {
  // The sixth positional argument was depth_multiplier in TensorFlow 1.4 and is dilation_rate since.
  const SeparableConv2D layer({.filters = 1, .kernel_size = 2, .depth_multiplier = 3});
  EXPECT_EQ(layer->options().dilation_rate, (IntTuple{1, 1}));
  EXPECT_EQ(layer->options().depth_multiplier, 3);
}

TEST(OracleRows, Trap9_TheDefaultAxisOfAConstraintIsTheKernelsRows) {
  const SeparableConv2D layer(
      {.filters = 1, .kernel_size = {2, 1}, .depthwise_constraint = "unit_norm", .dtype = DType::float64});
  layer->build_for({{1, 2, 1, 2}});
  const Variable kernel = layer->weights()[0];
  // (2, 1, 2, 1): each column of two rows, one for each channel, gets the norm 1.
  testing::expect_values(kernel.constraint()(Tensor::from({3.0, 5.0, 4.0, 12.0}, {2, 1, 2, 1})), {2, 1, 2, 1},
                         {0.6, 5.0 / 13.0, 0.8, 12.0 / 13.0}, 1e-6, 0);
}

TEST(OracleRows, Trap25_TheBiasIsAddedAlongTheChannels) {
  // As many rows and columns as filters: a bias along any other axis would have the right shape too.
  for (const char* data_format : {"channels_last", "channels_first"}) {
    const SeparableConv2D layer({.filters = 2, .kernel_size = 1, .data_format = data_format});
    layer->build_for({{1, 2, 2, 2}});
    layer->set_weights(
        {Tensor::ones({1, 1, 2, 1}), Tensor::zeros({1, 1, 2, 2}), Tensor::from<double>({1, 2}, {2})});
    const bool is_last = layer->options().data_format == "channels_last";
    const std::vector<double> want =
        is_last ? std::vector<double>{1, 2, 1, 2, 1, 2, 1, 2} : std::vector<double>{1, 1, 1, 1, 2, 2, 2, 2};
    testing::expect_values(layer(ramp({1, 2, 2, 2}, DType::float32)), {1, 2, 2, 2}, want, 0, 0);
  }
}

TEST(OracleRows, Trap28_KernelSizeIsHeightThenWidth) {
  const SeparableConv2D layer({.filters = 1, .kernel_size = {1, 3}});
  EXPECT_EQ(layer->output_shapes_for({{1, 5, 5, 1}})[0], (Shape{1, 5, 3, 1}));
}

}  // namespace
}  // namespace sepal
