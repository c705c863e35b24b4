// Sepal's layers beside other systems: bench/rivals starts this program and sends it problems
// (line_protocol.h).
//
//   sepal_contender [implementation]     "fused", "reference", …: what the ops must use; default: their
//   choice
#include <nlohmann/json.hpp>

#include "bench/layer_problem.h"
#include "bench/line_protocol.h"
#include "sepal/ops/implementations.h"

int main(int argc, char** argv) {
  using namespace sepal::bench;
  const sepal::ops::ForceImplementation force(argc > 1 ? argv[1] : "");
  answer_requests("Sepal " SEPAL_VERSION, [](const sepal::Json& request) {
    const Work work = work_from_kind(request.at("kind").get<std::string>());
    return Entry::from(ready_layer(LayerProblem::from_json(request), work));
  });
  return 0;
}
