// Test pictures with what the model takes them for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fashion_mnist {

struct Prediction {
  std::span<const std::uint8_t> picture;  // 28 x 28, row-major, 0 black to 255 white
  std::size_t true_class = 0;
  std::size_t predicted_class = 0;
  double probability = 0;  // of the predicted class, 0 to 1
};

/// A PNG 1400 pixels wide, eight pictures a row (40 fill it well). Pictures are shown dark on light; mistakes
/// have a thick frame, a cross and the true class's name. `accuracy` (0 to 1) is that of the whole test set.
/// @throws sepal::OSError if it cannot be written.
void draw_predictions_sheet(const std::string& path, std::span<const Prediction> predictions,
                            const std::vector<std::string>& class_names, double accuracy);

}  // namespace fashion_mnist
