// Whole models beside other systems: bench/rivals starts this program and sends it requests (line_protocol.h)
// whose "model" names a file of the folder BENCH_MODELS, without its ending. A sample is one
// `predict` of a batch of "n" images.
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/layer_problem.h"
#include "bench/line_protocol.h"
#include "sepal/base/error.h"
#include "sepal/saving/load_model.h"

namespace sepal::bench {
namespace {

Entry ready_model(const Json& request) {
  const char* folder = std::getenv("BENCH_MODELS");
  if (folder == nullptr) throw ValueError("BENCH_MODELS must name the folder of the models.");
  const std::string path = std::string(folder) + "/" + request.at("model").get<std::string>() + ".keras";
  const Model model = load_model(path, {.compile = false});
  Shape shape = model->input_shape().only();
  shape[0] = request.at("n").get<std::int64_t>();
  const Tensor x = hashed_tensor(shape, 1);
  return Entry::from([=] { return Tensors{model->predict(x)}; });
}

}  // namespace
}  // namespace sepal::bench

int main() {
  sepal::bench::answer_requests("Sepal " SEPAL_VERSION, sepal::bench::ready_model);
  return 0;
}
