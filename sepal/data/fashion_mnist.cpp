#include "sepal/data/fashion_mnist.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "sepal/base/error.h"
#include "sepal/data/idx.h"

namespace sepal {
namespace {

const std::vector<std::string> kClassNames = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                              "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

// The file `name` or `name`.gz of the folder.
std::string find_file(const std::string& folder, const std::string& name) {
  const std::string plain = (std::filesystem::path(folder) / name).string();
  std::error_code ignored;
  for (const std::string& path : {plain + ".gz", plain}) {
    if (std::filesystem::exists(path, ignored)) return path;
  }
  throw OSError(
      fmt::format("Cannot find the Fashion-MNIST file '{}.gz'. On Debian and Ubuntu: apt-get install "
                  "dataset-fashion-mnist. Elsewhere: put the four files of "
                  "the dataset into a folder and name it in the environment variable SEPAL_DATA.",
                  plain));
}

void expect_array(const Tensor& array, const Shape& shape, const std::string& path) {
  if (array.shape() != shape || array.dtype() != DType::uint8) {
    throw ValueError(
        fmt::format("'{}' is not of Fashion-MNIST. Expected shape {} of uint8. Received: {} of {}", path,
                    shape.str(), array.shape().str(), name_of(array.dtype())));
  }
}

Tensor read_images(const std::string& folder, const std::string& part, std::int64_t count) {
  const std::string path = find_file(folder, part + "-images-idx3-ubyte");
  const Tensor images = read_idx(path);
  expect_array(images, {count, 28, 28}, path);
  return images.reshaped({count, 28, 28, 1});
}

Tensor read_labels(const std::string& folder, const std::string& part, std::int64_t count) {
  const std::string path = find_file(folder, part + "-labels-idx1-ubyte");
  Tensor labels = read_idx(path);
  expect_array(labels, {count}, path);
  const auto values = labels.values<std::uint8_t>();
  const int most = *std::max_element(values.begin(), values.end());
  if (most >= static_cast<int>(kClassNames.size())) {
    throw ValueError(fmt::format("'{}' has a label that is no class. Expected values below {}. Received: {}",
                                 path, kClassNames.size(), most));
  }
  return labels;
}

}  // namespace

std::string fashion_mnist_folder() {
  const char* chosen = std::getenv("SEPAL_DATA");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/usr/share/datasets/fashion-mnist";
}

ImageDataset load_fashion_mnist(const std::string& folder) {
  constexpr std::int64_t kTrain = 60000;
  constexpr std::int64_t kTest = 10000;
  return {.train_x = read_images(folder, "train", kTrain),
          .train_y = read_labels(folder, "train", kTrain),
          .test_x = read_images(folder, "t10k", kTest),
          .test_y = read_labels(folder, "t10k", kTest),
          .class_names = kClassNames};
}

}  // namespace sepal
