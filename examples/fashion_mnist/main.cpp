// The main job on real data: train, save, load and use a SeparableConv2D classifier.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "examples/fashion_mnist/train.h"
#include "sepal/base/error.h"

int main(int argc, char** argv) {
  fashion_mnist::TrainArguments arguments;
  CLI::App app{"Trains a small Xception on Fashion-MNIST, saves it, and checks the saved model."};
  app.require_subcommand(1);
  CLI::App* train = app.add_subcommand("train", "Train, evaluate, save, and draw pictures");
  train->add_option("--epochs", arguments.epochs, "Passes over the 60,000 training pictures")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  train->add_option("--batch-size", arguments.batch_size, "Pictures in a step")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  train->add_option("--seed", arguments.seed, "Start of all random numbers")->capture_default_str();
  CLI::App* check = app.add_subcommand("check", "Load the saved model and compare its predictions");
  for (CLI::App* command : {train, check}) {
    command->add_option("--threads", arguments.threads, "Threads; 0: one for each processor")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_option("--out", arguments.out, "Folder of the results")->capture_default_str();
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return *train ? fashion_mnist::train(arguments) : fashion_mnist::check(arguments.out, arguments.threads);
  } catch (const sepal::OSError& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 3;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
