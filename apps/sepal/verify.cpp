#include "apps/sepal/verify.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/sepal/comparison_output.h"
#include "apps/sepal/model_file.h"
#include "sepal/base/error.h"
#include "sepal/saving/self_test.h"

namespace sepal::program {
namespace {

int verify_self_test(const VerifyArguments& arguments, const GlobalArguments& global) {
  const std::string path =
      arguments.self_test.empty() ? self_test_path(arguments.model) : arguments.self_test;
  if (arguments.self_test.empty() && !std::filesystem::exists(path)) {
    throw ValueError(fmt::format(
        "There is no self-test '{}'. Store one with scripts/store_self_test.py and Keras, or give --inputs "
        "and --expected.",
        path));
  }
  const Comparison comparison = run_self_test(read_model(arguments.model), arguments.model,
                                              {.path = path, .tolerance = arguments.self_test_tolerance});
  if (global.json) {
    say_json(to_json(comparison));
  } else {
    say(describe_outputs(comparison));
  }
  return comparison.first_difference() == nullptr ? kOk : kDifferent;
}

int verify_arrays(const VerifyArguments& arguments, const GlobalArguments& global) {
  if (arguments.inputs.empty() || arguments.expected.empty()) {
    throw ValueError("Expected both --inputs and --expected, or neither of them");
  }
  const Model model = read_model(arguments.model);
  const Tensors want = read_arrays(arguments.expected);
  const Tensors got = run_model(model, read_arrays(arguments.inputs));
  if (got.size() != want.size()) {
    throw ValueError(fmt::format("Model '{}' has {} output(s). Received: {} file(s) of expected ones",
                                 model->name(), got.size(), want.size()));
  }
  bool all_within = true;
  Json outputs = Json::array();
  for (std::size_t i = 0; i < got.size(); ++i) {
    const Distance apart = distance(got[i], want[i], arguments.tolerance);
    all_within = all_within && apart.within();
    outputs.push_back({{"expected", arguments.expected[i]},
                       {"within", apart.within()},
                       {"same_shape", apart.same_shape},
                       {"largest_difference", apart.absolute},
                       {"elements_beyond", apart.beyond}});
    if (!global.json) {
      say(fmt::format("output {}: {}: {}\n", i, apart.within() ? "ok" : "DIFFERENT",
                      describe(apart, got[i], want[i])));
    }
  }
  if (global.json) say_json({{"within", all_within}, {"outputs", outputs}});
  return all_within ? kOk : kDifferent;
}

}  // namespace

int verify(const VerifyArguments& arguments, const GlobalArguments& global) {
  const bool has_arrays = !arguments.inputs.empty() || !arguments.expected.empty();
  return has_arrays ? verify_arrays(arguments, global) : verify_self_test(arguments, global);
}

}  // namespace sepal::program
