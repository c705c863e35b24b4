// What every layer promises, checked in one call.
#pragma once

#include "sepal/layers/ref.h"

namespace sepal::testing {

/// Checks a layer made with dtype float64: the config makes an equal layer; the weights have the layer's name
/// in their paths; shapes are computed as announced, also with an unknown batch size; a functional model
/// computes the eager call's bits; gradients of inputs and trainable weights are those of finite differences;
/// a saved and loaded model and a deep copy compute the same bits. Inputs are random without ties;
/// `input_shapes` have the batch axis.
void expect_layer_contract(const Ref<Layer>& layer, const Shapes& input_shapes, const Shape& expected_output);

}  // namespace sepal::testing
