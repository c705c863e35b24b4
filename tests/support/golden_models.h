// Models that Keras saved, with inputs and the outputs that it computed: tests/golden/models.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "sepal/data/npy.h"
#include "sepal/models/model.h"
#include "sepal/saving/load_model.h"
#include "tests/support/tensor_checks.h"

namespace sepal::testing {

inline const std::string kGolden = SEPAL_SOURCE_DIR "/tests/golden/";

/// Keras 3.0 trained layers that its config calls frozen, so the optimizer's state in its files does not fit.
inline Model load_quietly(const std::string& path) {
  std::vector<std::string> notes;
  return load_model(path, {.notes = &notes});
}

/// "input_0.npy", "input_1.npy" and so on of a folder, or "output_0.npy"….
inline Tensors golden_arrays(const std::string& folder, const std::string& kind) {
  Tensors found;
  for (int i = 0;; ++i) {
    const std::string path = folder + "/" + kind + "_" + std::to_string(i) + ".npy";
    if (!std::filesystem::exists(path)) return found;
    found.push_back(read_npy(path));
  }
}

/// How far the outputs of a model may be from Keras's, relative to the largest. Both round to 16 bits on the
/// way, though not at the same places.
inline double golden_tolerance(DType dtype, const std::string& folder) {
  if (folder.find("bfloat16") != std::string::npos) return 0.003;
  if (folder.find("float16") != std::string::npos) return 0.0005;
  return dtype == DType::float64 ? 1e-12 : 1e-5;
}

/// The outputs that Keras computed; they differ by rounding, relative to the largest.
inline void expect_golden_outputs(const Model& model, const std::string& folder) {
  const Tensors got = model->predict_all(golden_arrays(folder, "input"));
  const Tensors want = golden_arrays(folder, "output");
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    double largest = 1.0;
    for (std::int64_t k = 0; k < want[i].num_elements(); ++k) {
      largest = std::max(largest, std::abs(want[i].at(k)));
    }
    const double tolerance = golden_tolerance(want[i].dtype(), folder);
    expect_close(got[i], want[i], tolerance, tolerance * largest);
  }
}

inline void expect_same_weights(const Model& a, const Model& b) {
  const Tensors left = a->get_weights();
  const Tensors right = b->get_weights();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) expect_same_bits(left[i], right[i]);
}

/// Trains, saves to `path`, loads, and trains both on: they must stay the same.
inline void expect_training_goes_on(const Model& model, const std::string& path, const Tensor& x,
                                    const Tensor& y) {
  for (int step = 0; step < 3; ++step) model->train_on_batch(x, y);
  model->save(path);
  const Model again = load_model(path);
  EXPECT_EQ(again->optimizer()->iterations(), 3);
  for (int step = 0; step < 2; ++step) {
    model->train_on_batch(x, y);
    again->train_on_batch(x, y);
  }
  expect_same_weights(model, again);
}

/// All weights become 0.
inline void clear_weights(const Model& model) {
  Tensors zeros;
  for (const Tensor& weight : model->get_weights())
    zeros.push_back(Tensor::zeros(weight.shape(), weight.dtype()));
  model->set_weights(zeros);
}

}  // namespace sepal::testing
