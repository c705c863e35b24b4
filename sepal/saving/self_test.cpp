#include "sepal/saving/self_test.h"

#include <fmt/format.h>

#include "sepal/base/error.h"

namespace sepal {

std::string self_test_path(const std::string& model_path) { return model_path + ".selftest.npz"; }

Comparison run_self_test(const Model& model, const std::string& model_path, const SelfTest& test) {
  const std::string path = test.path.empty() ? self_test_path(model_path) : test.path;
  const Recording recording = read_recording(path);
  if (recording.outputs.empty()) {
    throw ValueError(fmt::format("'{}' is no self-test: expected an array 'output_0'", path));
  }
  try {
    return compare_with_recording(model, recording, {.tolerance = test.tolerance});
  } catch (const Error& error) {
    throw ValueError(fmt::format("'{}' does not fit '{}': {}", path, model_path, error.what()));
  }
}

void expect_self_test_passes(const Model& model, const std::string& model_path, const SelfTest& test) {
  const Comparison comparison = run_self_test(model, model_path, test);
  if (comparison.first_difference() == nullptr) return;
  throw ValueError(fmt::format("'{}' fails its self-test '{}': {}", model_path,
                               test.path.empty() ? self_test_path(model_path) : test.path,
                               comparison.describe_first()));
}

}  // namespace sepal
