#include "sepal/data/fashion_mnist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(FashionMnist, SaysHowToGetMissingFiles) {
  EXPECT_THAT(testing::error_text<OSError>([] { (void)load_fashion_mnist("/nowhere"); }),
              AllOf(HasSubstr("/nowhere/train-images-idx3-ubyte.gz"), HasSubstr("dataset-fashion-mnist"),
                    HasSubstr("SEPAL_DATA")));
}

TEST(FashionMnist, RefusesAnotherDataset) {
  const testing::TemporaryFolder other;
  const std::string two_by_three("\0\0\x08\x02\0\0\0\x02\0\0\0\x03\1\2\3\4\5\6", 18);
  write_file(other / "train-images-idx3-ubyte", std::as_bytes(std::span(two_by_three)));
  EXPECT_THAT(testing::error_text<ValueError>([&] { (void)load_fashion_mnist(other.path()); }),
              AllOf(HasSubstr("(60000, 28, 28)"), HasSubstr("(2, 3)")));
}

TEST(FashionMnist, LoadsWhatDebianInstalls) {
  ImageDataset data;
  try {
    data = load_fashion_mnist();
  } catch (const OSError& error) {
    GTEST_SKIP() << error.what();
  }
  EXPECT_EQ(data.train_x.shape(), Shape({60000, 28, 28, 1}));
  EXPECT_EQ(data.test_x.shape(), Shape({10000, 28, 28, 1}));
  EXPECT_EQ(data.train_y.shape(), Shape({60000}));
  EXPECT_EQ(data.test_y.shape(), Shape({10000}));
  EXPECT_EQ(data.class_names.size(), 10U);
  // As keras.datasets.fashion_mnist.load_data() gives them.
  testing::expect_values(data.train_y.rows(0, 5), {5}, {9, 0, 0, 3, 0});
  testing::expect_values(data.test_y.rows(0, 5), {5}, {9, 2, 1, 1, 6});
  const auto sum = [](const Tensor& images) {
    std::int64_t total = 0;
    for (const std::uint8_t value : images.values<std::uint8_t>()) total += value;
    return total;
  };
  EXPECT_EQ(sum(data.train_x), 3431114169);
  EXPECT_EQ(sum(data.test_x), 573469082);
}

}  // namespace
}  // namespace sepal
