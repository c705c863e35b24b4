// How loss and accuracy went from epoch to epoch.
#pragma once

#include <string>
#include <vector>

namespace fashion_mnist {

/// One value an epoch, the first epoch first. Values that are not finite leave a gap.
struct Curves {
  std::vector<double> loss;
  std::vector<double> accuracy;      // 0 to 1
  std::vector<double> val_loss;      // may be empty
  std::vector<double> val_accuracy;  // may be empty; 0 to 1
};

/// A PNG of 1400 x 640 pixels: loss on the left, accuracy on the right.
/// @throws sepal::OSError if it cannot be written.
void draw_curves(const std::string& path, const Curves& curves);

}  // namespace fashion_mnist
