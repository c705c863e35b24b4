#include "apps/sepal/predict.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/sepal/model_file.h"
#include "sepal/data/npy.h"

namespace sepal::program {

int predict(const PredictArguments& arguments, const GlobalArguments& global) {
  const Model model = read_model(arguments.model);
  const Tensors outputs =
      run_model(model, read_arrays(arguments.inputs),
                {.batch_size = arguments.batch_size, .verbose = is_terminal() && !global.json ? 1 : 0});
  Json written = Json::array();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string path = fmt::format("{}_{}.npy", arguments.prefix, i);
    write_npy(path, outputs[i]);
    if (!global.json) {
      say(fmt::format("{}: {} {}\n", path, name_of(outputs[i].dtype()), outputs[i].shape().str()));
    }
    written.push_back({{"file", path},
                       {"dtype", std::string(name_of(outputs[i].dtype()))},
                       {"shape", outputs[i].shape().dims()}});
  }
  if (global.json) say_json({{"outputs", written}});
  return kOk;
}

}  // namespace sepal::program
