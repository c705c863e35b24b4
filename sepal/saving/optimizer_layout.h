// Which dataset of a file is which variable of an optimizer: other versions of Keras save fewer, or more.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sepal/saving/h5_file.h"
#include "sepal/train/optimizers/optimizer.h"

namespace sepal {

/// One path for each variable of a built optimizer, empty where the file has none; nothing if no known
/// version saves that many. `paths` are in the order of Keras 3, `learning` is the number of variables that
/// it trains. What the file lacks: the learning rate (tf.keras 2), the product of Nadam's shares, the
/// placeholders of Adafactor (both tf.keras 2.11 and later), the scale of the loss (tf.keras 2), the number
/// of updates (RMSprop, Adagrad and Adadelta of Keras 2.2). What it may have besides: the velocities of an
/// SGD without momentum.
std::optional<std::vector<std::string>> paths_of_optimizer(const optimizers::OptimizerBase& optimizer,
                                                           std::size_t learning, const H5File& file,
                                                           std::vector<std::string> paths);

/// The variables that tf.keras 2.11 and later save.
Variables variables_for_keras2(const optimizers::OptimizerBase& optimizer);

/// Whether a file has a dataset there that is one number.
bool is_one_number(const H5File& file, const std::string& path);

}  // namespace sepal
