// swift-tools-version: 6.2
import PackageDescription

/// The language rules of every target.
let settings: [SwiftSetting] = [
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
    .strictMemorySafety(),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0480-swiftpm-warning-control.md
    .treatAllWarnings(as: .error),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

/// Set by bin/bench (`1`) and bin/microbench (`micro`). Benchmarks and their dependencies are built only then.
let benchmarks = Context.environment["GITTIX_BENCHMARKS"]
/// Like tests, the micro-benchmarks use internals of the modules. Only a test can link an executable, so `API` is built
/// as a library for the micro-benchmarks.
let isMicro = benchmarks == "micro"
let testable: [SwiftSetting] = isMicro ? [.unsafeFlags(["-enable-testing"])] : []

/// A C library of the system: a module map and a shim. Each library is imported by only one Swift target.
func library(_ name: String, pkgConfig: String? = nil, apt: String, brew: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

func target(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings + testable)
}

/// - Parameter main: The file that starts the process. A library must leave it out.
func executable(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], main: String? = nil,
    settings: [SwiftSetting] = settings
) -> Target {
    if isMicro, let main {
        return .target(
            name: name, dependencies: dependencies, exclude: [main], resources: resources,
            swiftSettings: settings + testable)
    }
    return .executableTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "gittix",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "API", targets: ["API"]),
        .executable(name: "Workers", targets: ["Workers"]),
        .executable(name: "gittix", targets: ["Operator"]),
        .executable(name: "StripeSandbox", targets: ["StripeSandbox"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    ],
    targets: [
        // C libraries. CHiredis names no pkg-config file, because hiredis's file has a flag that makes SwiftPM warn in
        // every build.
        library("CHiredis", apt: "libhiredis-dev", brew: "hiredis"),
        library("CLibPQ", pkgConfig: "libpq", apt: "libpq-dev", brew: "libpq"),
        library("CLibCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev", brew: "curl"),
        library("CArgon2", pkgConfig: "libargon2", apt: "libargon2-dev", brew: "argon2"),
        library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev", brew: "zlib"),

        // Clients: each wraps one C library completely.
        target("RedisClient", ["CHiredis", logging, crypto, .product(name: "NIOSSL", package: "swift-nio-ssl")] + nio),
        target("PostgresClient", ["CLibPQ", logging]),
        target("CurlClient", ["CLibCurl", logging]),
        target("Passwords", ["CArgon2"]),
        target("Gzip", ["CZlib"]),

        // Encodes and decodes Codable values as JSON.
        target("JSONCoding"),

        // The business rules: pure, no I/O.
        target("Marketplace"),

        // Redis streams, PostgreSQL, Stripe. Bootstrap: settings, logs, wiring.
        target("Streams", ["RedisClient", "Marketplace", logging, crypto]),
        target("Storage", ["PostgresClient", "Marketplace", logging], resources: [.embedInCode("Migrations/SQL")]),
        target("Stripe", ["CurlClient", "JSONCoding", "Marketplace", logging, crypto]),
        target(
            "Bootstrap",
            [
                "Streams", "Storage", "Stripe", "RedisClient", "PostgresClient", "CurlClient", "Marketplace",
                logging, lifecycle, signals, .product(name: "Configuration", package: "swift-configuration"),
            ]),

        // The engine that every service runs on, and the services. Each service has a folder; ServiceRegistry.swift
        // lists them.
        target(
            "Services",
            [
                "Bootstrap", "Streams", "Storage", "Stripe", "CurlClient", "JSONCoding", "Marketplace",
                "RedisClient", "PostgresClient", logging, lifecycle, crypto,
            ], resources: [.embedInCode("Migrations")]),

        // Executables.
        executable(
            "API",
            [
                "Services", "Bootstrap", "Streams", "Storage", "Stripe", "Passwords", "Gzip", "JSONCoding",
                "Marketplace",
                "RedisClient", "PostgresClient",
                hummingbird, .product(name: "HummingbirdCore", package: "hummingbird"), logging, metrics, lifecycle,
                crypto,
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ] + nio,
            resources: [.embedInCode("Resources")], main: "main.swift",
            // A request stays on its event loop, instead of changing executors around each call.
            // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
            settings: settings + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
        executable(
            "Workers", ["Services", "Bootstrap", "Marketplace", logging, lifecycle]),
        executable(
            "Operator",
            [
                "Services", "Bootstrap", "Streams", "Storage", "Stripe", "CurlClient", "Marketplace",
                "RedisClient",
                "PostgresClient", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        executable(
            "StripeSandbox",
            [
                hummingbird, logging, lifecycle, crypto, "CurlClient", "Marketplace",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nio),

        // Tests.
        .target(
            name: "Support",
            dependencies: [
                "Services", "Bootstrap", "Streams", "Storage", "Stripe", "Marketplace", "RedisClient",
                "PostgresClient", "CurlClient", logging,
            ] + nio,
            path: "Tests/Support", swiftSettings: settings),
        tests(
            "RedisClient",
            ["RedisClient", "Support", logging, .product(name: "NIOSSL", package: "swift-nio-ssl")] + nio),
        tests("PostgresClient", ["PostgresClient", "Support", logging]),
        tests("CurlClient", ["CurlClient", "Support", .product(name: "NIOHTTP1", package: "swift-nio")] + nio),
        tests("Passwords", ["Passwords"]),
        tests("Gzip", ["Gzip", "Support"]),
        tests("JSONCoding", ["JSONCoding", "Marketplace"]),
        tests("Marketplace", ["Marketplace"]),
        // Explores the decisions of Marketplace. bin/model builds it with optimisation and runs it.
        .executableTarget(name: "Model", dependencies: ["Marketplace"], path: "Tests/Model", swiftSettings: settings),
        tests("Streams", ["Streams", "RedisClient", "Marketplace", "Support", logging]),
        tests("Storage", ["Storage", "Services", "PostgresClient", "Marketplace", "Support", logging]),
        tests("Stripe", ["Stripe", "Marketplace", "CurlClient", "Support"]),
        tests(
            "StripeSandbox",
            ["StripeSandbox", "Stripe", "Marketplace", "Support", "CurlClient", hummingbird, logging, lifecycle] + nio),
        tests(
            "Bootstrap", ["Bootstrap", "Services", "Support", "Marketplace", "RedisClient", "PostgresClient", logging]),
        tests(
            "API",
            [
                "API", "Services", "Support", "Bootstrap", "Streams", "Storage", "Marketplace", "RedisClient",
                "PostgresClient",
                "CurlClient",
                "Passwords", hummingbird, .product(name: "HummingbirdCore", package: "hummingbird"), logging, lifecycle,
                crypto, .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio),
        tests(
            "Services",
            [
                "Services", "Bootstrap", "Storage", "Streams", "Stripe", "Marketplace", "RedisClient",
                "PostgresClient", "CurlClient", "Support", logging, lifecycle,
            ]),
        tests(
            "Operator",
            [
                "Operator", "Services", "Streams", "Storage", "RedisClient", "PostgresClient", "CurlClient",
                "Marketplace", "Bootstrap",
                "Support",
                logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + nio),
        // House rules: names, comments, links, limits.
        .testTarget(
            name: "TidyTests", dependencies: ["Services", "Marketplace"], path: "Tests/Tidy",
            exclude: ["retired-names.txt"],
            swiftSettings: settings),
        tests(
            "Journeys",
            ["Support", "Services", "Bootstrap", "Storage", "PostgresClient", "CurlClient", "Marketplace", logging]),
    ],
    swiftLanguageModes: [.v6]
)

if benchmarks != nil {
    package.dependencies += [.package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0")]
    package.targets += [
        .systemLibrary(name: "CLinuxEvents", path: "Benchmarks/CLinuxEvents"),
        .executableTarget(
            name: "load",
            dependencies: ["CLinuxEvents", .product(name: "Histogram", package: "hdrhistogram-swift")],
            path: "Benchmarks/LoadGenerator", swiftSettings: settings),
        .executableTarget(
            name: "BareRoute",
            dependencies: [
                hummingbird, .product(name: "HummingbirdCore", package: "hummingbird"), logging,
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ] + nio, path: "Benchmarks/BareRoute", swiftSettings: settings),
        .executableTarget(
            name: "DrainWorker",
            dependencies: [
                "Services", "Bootstrap", "Streams", "Storage", "Marketplace", "RedisClient",
                "PostgresClient", logging, lifecycle,
            ], path: "Benchmarks/DrainWorker", swiftSettings: settings),
    ]
}

if isMicro {
    package.products.removeAll { $0.name == "API" }
    package.dependencies += [
        // Without the package's default traits, which add libraries that count allocations and retains.
        .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: [])
    ]
    package.targets += [
        .target(
            name: "Microbenchmarks",
            dependencies: [
                "API", "Services", "Streams", "Storage", "RedisClient", "PostgresClient", "Marketplace",
                logging,
                hummingbird, .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio, path: "Benchmarks/Microbenchmarks", swiftSettings: settings),
        .executableTarget(
            name: "Micro", dependencies: ["Microbenchmarks", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/Micro", swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
        .systemLibrary(name: "CCallgrind", path: "Benchmarks/CCallgrind"),
        .executableTarget(
            name: "MicroCount", dependencies: ["Microbenchmarks", "CCallgrind"], path: "Benchmarks/MicroCount",
            exclude: ["counts.py"], swiftSettings: settings),
    ]
}
