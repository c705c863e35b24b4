// Layers as works of a frozen graph. Not a public header.
#pragma once

#include <vector>

#include "sepal/models/frozen_graph.h"

namespace sepal::frozen {

/// What a call of `layer` on float32 values of these shapes (lengths may be kNone) computes in inference:
/// works that follow each other, the first one taking the inputs. Empty: not known, or the layer computes in
/// another dtype, or its class is derived from one that is known.
/// @throws what the layer's call would throw for its arguments.
std::vector<Work> works_of(Layer& layer, const Shapes& input_shapes);

}  // namespace sepal::frozen
