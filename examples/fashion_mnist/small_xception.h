// The model of this example: a small Xception (F. Chollet, 2017) for pictures of 28x28.
#pragma once

#include "sepal/models/model.h"

namespace fashion_mnist {

/// (batch, 28, 28, 1), 0 to 255, to the logits of ten classes; 23,466 parameters.
sepal::Model small_xception();

}  // namespace fashion_mnist
