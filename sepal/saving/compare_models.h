// Where two models, or a model and arrays that Keras computed, begin to differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sepal/models/model.h"
#include "sepal/saving/compare.h"
#include "sepal/saving/recording.h"

namespace sepal {

/// How two arrays compare, and that in words.
struct ComparedArray {
  Distance distance;
  std::string text;
};

struct ComparedLayer {
  /// As in models/activations.h; the models' own results come last, as "output 0" and so on.
  std::string name;
  std::string class_name;
  /// The worst of the weights, of the layer's first call; of the outputs. Empty: nothing to compare.
  std::optional<ComparedArray> weights = {};
  std::optional<ComparedArray> output = {};
  /// Why the layer has no counterpart; empty if it has one.
  std::string missing = {};

  bool same() const;
};

struct Comparison {
  /// In the order of execution.
  std::vector<ComparedLayer> layers;
  /// What CompareOptions says, or the default for these models.
  double tolerance = 0.0;

  /// nullptr if there is none.
  const ComparedLayer* first_difference() const;
  /// "dense (Dense): output: largest difference 0.1 at (0, 2): 1.1, expected 1"
  std::string describe_first() const;
};

struct CompareOptions {
  /// Largest difference as a share of the largest expected element. Not given: 1e-5; if a
  /// layer gives float16 1e-2, bfloat16 5e-2.
  std::optional<double> tolerance = {};
};

/// The layers of `model` beside those of `reference`, weights and, for the same inputs, outputs. Layers are
/// the same if they have the same name; if the names differ, as Keras counts new names up, and the classes do
/// not, they are paired by their order.
/// @throws ValueError if the inputs do not fit one of the models.
Comparison compare_models(const Model& model, const Model& reference, const Tensors& inputs,
                          const CompareOptions& options = {});

/// The layers of `model` beside arrays; layers without an array are left out.
/// @throws ValueError if the recording names a layer that the model lacks, or has another number of outputs,
/// or its inputs do not fit.
Comparison compare_with_recording(const Model& model, const Recording& recording,
                                  const CompareOptions& options = {});

}  // namespace sepal
