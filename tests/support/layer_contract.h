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

/// Checks a built layer of dtype float64 under each policy of 16 bits: variables, inputs, outputs and
/// gradients have the dtypes of the policy; outputs and gradients are near those of float64; a saved and
/// loaded model and a deep copy compute the same bits.
void expect_half_precision_contract(const Ref<Layer>& layer, const Shapes& input_shapes);

}  // namespace sepal::testing
