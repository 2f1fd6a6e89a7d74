"""The releases of tools that are trusted, with the digests that the package index states.

A new release is pinned by writing what the index says: the end of the wheel's name, its sha256,
its bytes. Both tools are one wheel without dependencies.
"""

from __future__ import annotations

from envboot.tools import Tool, Wheel

_RATTLER = "py_rattler-0.28.0-cp310-abi3-"
_UV = "uv-0.13.8-py3-none-"


def _on(platform: str, beginning: str, tags: str, sha256: str, size: int) -> tuple[str, Wheel]:
    return platform, Wheel(f"{beginning}{tags}.whl", sha256, size)


RATTLER = Tool(
    "py-rattler",
    "0.28.0",
    (3, 10),
    (
        _on(
            "linux-64",
            _RATTLER,
            "manylinux_2_17_x86_64.manylinux2014_x86_64",
            "4f4ab1d34d5394e7ce130a86e59009c95ace4f5757d9c3af04de1351bcea47eb",
            24_874_516,
        ),
        _on(
            "linux-64-musl",
            _RATTLER,
            "musllinux_1_2_x86_64",
            "1c566fb1b0fc3d0d892b7ba021d6863aaff1f476c245178a07f560729aa7ecdb",
            27_206_845,
        ),
        _on(
            "linux-aarch64",
            _RATTLER,
            "manylinux_2_28_aarch64",
            "61b24202374188e72130f1b3dc63b455befaafc3e49e5481a38b6a6c8828c1e0",
            26_589_741,
        ),
        _on(
            "linux-aarch64-musl",
            _RATTLER,
            "musllinux_1_2_aarch64",
            "6218478af88d45ac1e08e605ede4f67bbe4ffbbbb40b5e32622a4746f98fe331",
            26_733_347,
        ),
        _on(
            "linux-ppc64le",
            _RATTLER,
            "manylinux_2_28_ppc64le",
            "595e415bc27f01bd95cc3c03138c0dc4087d57d8db2e80c72ca0063ee66c01b8",
            35_057_040,
        ),
        _on(
            "osx-64",
            _RATTLER,
            "macosx_10_12_x86_64",
            "6a0312ba34d4e709fe5f20df6de617b9a4cd1e9293f2c8eaad2fb9c699a26746",
            22_766_004,
        ),
        _on(
            "osx-arm64",
            _RATTLER,
            "macosx_10_12_x86_64.macosx_11_0_arm64.macosx_10_12_universal2",
            "d26db63e41e6efaff75c3d89040b2c78b4887be8e782dff281fb426835308b2b",
            44_317_294,
        ),
        _on(
            "win-64",
            _RATTLER,
            "win_amd64",
            "6108ea83ba3d2a2637afa45cf655d0b3ae0a4ab1106dde84de2da8c08b1e16df",
            20_937_651,
        ),
        _on(
            "win-arm64",
            _RATTLER,
            "win_arm64",
            "81cef9b72c334c54442135badfedaf2db18622c37fe18d0261a52ee4a54c0fd4",
            19_680_207,
        ),
    ),
)
"""conda's solver and installer, as a Python package."""

UV = Tool(
    "uv",
    "0.13.8",
    (3, 9),
    (
        _on(
            "linux-64",
            _UV,
            "manylinux_2_17_x86_64.manylinux2014_x86_64",
            "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
            17_389_450,
        ),
        _on(
            "linux-64-musl",
            _UV,
            "musllinux_1_1_x86_64",
            "29451c60f5e8b07403e0a175d5229efc36b0289b34143ff4aaa499a5dd52553a",
            19_139_972,
        ),
        _on(
            "linux-aarch64",
            _UV,
            "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
            "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
            17_953_056,
        ),
        _on(
            "linux-aarch64-musl",
            _UV,
            "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
            "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
            17_953_056,
        ),
        _on(
            "linux-ppc64le",
            _UV,
            "manylinux_2_17_ppc64le.manylinux2014_ppc64le",
            "6999618363d03a0a085a9491db319e00b461dbda205db06ef1fd55dfcbf6472b",
            20_110_957,
        ),
        _on(
            "linux-s390x",
            _UV,
            "manylinux_2_17_s390x.manylinux2014_s390x",
            "13050c64530a1ccfc223af0306a8152d41c0d36ea63bc19161221ca65dfe480a",
            19_815_614,
        ),
        _on(
            "osx-64",
            _UV,
            "macosx_10_12_x86_64",
            "b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1",
            17_374_577,
        ),
        _on(
            "osx-arm64",
            _UV,
            "macosx_11_0_arm64",
            "62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49",
            14_483_721,
        ),
        _on(
            "win-64",
            _UV,
            "win_amd64",
            "cfbc13020a64cdf2f116d2936824c38edbf41e5c07f1ea291baf02e31ebf3ed0",
            15_624_377,
        ),
        _on(
            "win-arm64",
            _UV,
            "win_arm64",
            "b4184029b1b7c54409b9cd4372c73a36ef9c2d1d7cf3b0aca59c8b1932f041dc",
            15_685_270,
        ),
    ),
)
"""A program; its wheel holds it as a script."""
