#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "examples/fashion_mnist/confusion_matrix.h"
#include "examples/fashion_mnist/curves.h"
#include "examples/fashion_mnist/palette.h"
#include "examples/fashion_mnist/predictions_sheet.h"
#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace fashion_mnist {
namespace {

using sepal::testing::TemporaryFolder;
using ::testing::HasSubstr;

struct Size {
  unsigned width;
  unsigned height;
  bool operator==(const Size&) const = default;
};

// Width and height stand big-endian in the first chunk of a PNG.
Size size_of_png(const std::string& path) {
  const std::vector<std::byte> bytes = sepal::read_file(path, 1 << 24);
  const auto number_at = [&](std::size_t at) {
    unsigned value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | std::to_integer<unsigned>(bytes.at(i));
    return value;
  };
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()) + 1, 3), "PNG");
  return {number_at(16), number_at(20)};
}

const std::vector<std::string> kNames = {"a", "b", "c"};

TEST(Curves, AreDrawnForOneEpochAndForMany) {
  const TemporaryFolder folder;
  draw_curves(folder / "one.png",
              {.loss = {0.5}, .accuracy = {0.8}, .val_loss = {0.4}, .val_accuracy = {0.85}});
  EXPECT_EQ(size_of_png(folder / "one.png"), (Size{1400, 640}));
  const std::vector<double> many(100, 0.5);
  draw_curves(folder / "many.png", {.loss = many, .accuracy = many, .val_loss = {}, .val_accuracy = {}});
  EXPECT_EQ(size_of_png(folder / "many.png"), (Size{1400, 640}));
}

TEST(Curves, LeaveAGapForALossThatIsNotFinite) {
  const TemporaryFolder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  draw_curves(folder / "a.png",
              {.loss = {1, nan, infinity, 2}, .accuracy = {nan}, .val_loss = {}, .val_accuracy = {}});
  EXPECT_EQ(size_of_png(folder / "a.png"), (Size{1400, 640}));
}

TEST(ConfusionMatrix, IsDrawnWithEmptyClasses) {
  const TemporaryFolder folder;
  draw_confusion_matrix(folder / "a.png", {{5, 1, 0}, {0, 0, 0}, {2, 0, 1000}}, kNames);
  EXPECT_EQ(size_of_png(folder / "a.png").width, 1320U);
}

TEST(PredictionsSheet, GrowsByRowsOfEight) {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> picture(784, 100);
  const std::vector<Prediction> predictions(
      9, {.picture = picture, .true_class = 1, .predicted_class = 2, .probability = 0.5});
  draw_predictions_sheet(folder / "eight.png", std::span(predictions).first(8), kNames, 0.9);
  draw_predictions_sheet(folder / "nine.png", predictions, kNames, 0.9);
  EXPECT_GT(size_of_png(folder / "nine.png").height, size_of_png(folder / "eight.png").height + 140);
}

TEST(Pictures, SayWhichFileCouldNotBeWritten) {
  EXPECT_THAT(sepal::testing::error_text<sepal::OSError>([] { draw_curves("/nowhere/a.png", {}); }),
              HasSubstr("/nowhere/a.png"));
}

TEST(InkOn, StandsOutFromItsBackground) {
  EXPECT_EQ(ink_on(rgb(0x174A86)).red, 1);
  EXPECT_EQ(ink_on(rgb(0xFBFAF8)).red, 0);
}

TEST(Numbers, AreGroupedInThrees) {
  EXPECT_EQ(grouped(7), "7");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1\u202F000");
  EXPECT_EQ(grouped(1234567), "1\u202F234\u202F567");
  EXPECT_EQ(grouped(-123), "-123");
  EXPECT_EQ(percent(0.9128, 1), "91.3\u202F%");
}

}  // namespace
}  // namespace fashion_mnist
