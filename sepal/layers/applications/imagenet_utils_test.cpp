#include "sepal/layers/applications/imagenet_utils.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/reduce.h"
#include "tests/support/error_text.h"
#include "tests/support/npz.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;

const std::map<std::string, Tensor>& golden() {
  static const auto arrays = testing::read_npz(SEPAL_SOURCE_DIR "/tests/golden/imagenet_utils/values.npz");
  return arrays;
}

TEST(PreprocessInput, GivesTheBitsOfKeras) {
  for (const char* name :
       {"float32_batch", "uint8_single", "float64_single", "float32_batch_first", "int32_single_first"}) {
    const bool first = std::string(name).ends_with("first");
    for (const char* mode : {"tf", "caffe", "torch"}) {
      SCOPED_TRACE(std::string(name) + " " + mode);
      const Tensor got = preprocess_input(golden().at(std::string(name) + "__x"), mode,
                                          first ? "channels_first" : "channels_last");
      testing::expect_same_bits(got, golden().at(std::string(name) + "__" + mode));
    }
  }
}

TEST(PreprocessInput, IsDifferentiable) {
  const Tensor x = Tensor::full({2, 2, 3}, 100.0);
  GradientTape tape;
  tape.watch(x);
  const Tensor y = ops::sum(preprocess_input(x, "torch"));
  const Tensor gradient = tape.gradient(y, {x}).at(0);
  EXPECT_FLOAT_EQ(gradient.values<float>()[1], 1.0F / 255 / 0.224F);
}

TEST(PreprocessInput, RefusesOtherModesFormatsAndShapes) {
  const Tensor x = Tensor::zeros({4, 5, 3});
  expect_error<ValueError>([&] { preprocess_input(x, "keras"); }, {"`caffe`, `tf` or `torch`", "mode=keras"});
  expect_error<ValueError>([&] { preprocess_input(x, "tf", "nchw"); }, {"data_format", "nchw"});
  expect_error<ValueError>([&] { preprocess_input(x, "caffe", "channels_first"); },
                           {"3 channels", "(4, 5, 3)"});
  expect_error<ValueError>([&] { preprocess_input(Tensor::zeros({3}), "torch"); }, {"(3,)"});
  EXPECT_EQ(preprocess_input(Tensor::zeros({2, 7}), "tf").shape(), Shape({2, 7}));
}

std::vector<ClassName> numbered(std::int64_t count) {
  std::vector<ClassName> classes;
  for (std::int64_t i = 0; i < count; ++i) classes.push_back({"", "class_" + std::to_string(i)});
  return classes;
}

TEST(DecodePredictions, FindsWhatKerasFinds) {
  const auto decoded = decode_predictions(golden().at("scores"), numbered(1000), 4);
  const Tensor& index = golden().at("decoded__index");
  const Tensor& score = golden().at("decoded__score");
  ASSERT_EQ(decoded.size(), 3);
  for (std::size_t row = 0; row < 3; ++row) {
    ASSERT_EQ(decoded[row].size(), 4);
    for (std::size_t place = 0; place < 4; ++place) {
      const auto at = static_cast<std::int64_t>(4 * row + place);
      EXPECT_EQ(decoded[row][place].index, index.at(at));
      EXPECT_EQ(decoded[row][place].score, score.at(at));
      EXPECT_EQ(decoded[row][place].label.name, "class_" + std::to_string(decoded[row][place].index));
    }
  }
}

TEST(DecodePredictions, OrdersEqualScoresAndNothingAtAll) {
  const Tensor scores = Tensor::from<float>({0.25F, NAN, 0.5F, 0.25F}, {1, 4});
  const auto best = decode_predictions(scores, numbered(4), 9).at(0);
  ASSERT_EQ(best.size(), 4);
  EXPECT_EQ(best[0].index, 2);
  EXPECT_EQ(best[1].index, 3);
  EXPECT_EQ(best[2].index, 0);
  EXPECT_EQ(best[3].index, 1);
}

TEST(DecodePredictions, ReadsTheNamesOfAFile) {
  const testing::TemporaryFolder folder;
  const std::string text = "cat\ndog\n";
  testing::write_quickly(folder / "names.txt", std::as_bytes(std::span(text)));
  const auto best = decode_predictions(Tensor::from<float>({0.1F, 0.9F}, {1, 2}), folder / "names.txt", 1);
  EXPECT_EQ(best.at(0).at(0).label.name, "dog");
}

TEST(DecodePredictions, RefusesOtherNumbersOfClasses) {
  expect_error<ValueError>(
      [] {
        decode_predictions(Tensor::zeros({2, 10}), numbered(9));
      },
      {"(samples, 9)", "(2, 10)"});
  expect_error<ValueError>([] { decode_predictions(Tensor::zeros({9}), numbered(9)); }, {"(9,)"});
  expect_error<ValueError>([] { decode_predictions(Tensor::zeros({1, 9}), numbered(9), 0); }, {"top=0"});
}

}  // namespace
}  // namespace sepal
