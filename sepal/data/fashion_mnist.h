// Fashion-MNIST: 70000 grey pictures of clothes in ten classes (H. Xiao et al., 2017, arXiv:1708.07747).
#pragma once

#include <string>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal {

struct ImageDataset {
  Tensor train_x;  // (count, height, width, channels), uint8 from 0 (black) to 255
  Tensor train_y;  // (count,), uint8: index into class_names
  Tensor test_x;
  Tensor test_y;
  std::vector<std::string> class_names;
};

/// The folder that `load_fashion_mnist` reads: $SEPAL_DATA if set and not empty, else
/// /usr/share/datasets/fashion-mnist, where Debian's package dataset-fashion-mnist puts the files.
std::string fashion_mnist_folder();

/// 60000 training and 10000 test pictures of shape (28, 28, 1) (Keras: `datasets.fashion_mnist.load_data`,
/// with the channel axis added). `folder` holds {train,t10k}-{images-idx3,labels-idx1}-ubyte, with or without
/// .gz.
/// @throws OSError that says how to get the data if a file is missing; ValueError if a file is damaged or is
/// not of this dataset.
ImageDataset load_fashion_mnist(const std::string& folder = fashion_mnist_folder());

}  // namespace sepal
