#include "apps/sepal/verify.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/sepal/model_file.h"
#include "sepal/base/error.h"

namespace sepal::program {

int verify(const VerifyArguments& arguments, const GlobalArguments& global) {
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

}  // namespace sepal::program
