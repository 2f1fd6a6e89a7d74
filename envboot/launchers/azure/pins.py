"""The wheels of Azure's SDK that are trusted, with the digests that the package index states.

``tests/renew_azure_sdk.py`` writes the table anew. It holds the whole closure: what is fetched is
this, whatever is newer.
"""

from __future__ import annotations

import re

from envboot.tools import Wheel

VERSION = "2026.11.21"
"""The day on which these were the newest."""
PLATFORMS = {
    "linux-64": r"manylinux.*_x86_64",
    "linux-64-musl": r"musllinux.*_x86_64",
    "linux-aarch64": r"manylinux.*_aarch64",
    "linux-aarch64-musl": r"musllinux.*_aarch64",
    "osx-64": r"macosx_.*_(x86_64|universal2)",
    "osx-arm64": r"macosx_.*_(arm64|universal2)",
    "win-64": r"win_amd64",
    "win-arm64": r"win_arm64",
}
"""conda's names of platforms, and the end of the tag of a wheel for each (PEP 425, 600, 656)."""
_LAYOUT = "1"
_TABLE = """\
azure_core-1.41.0-py3-none-any.whl 522b4011e8180b1a3dcd2024396a4e7fe9ac37fb8597db47163d230b5efe892d 220920
azure_identity-1.27.0-py3-none-any.whl 92fd2a93c0d2f777dac6c04e5fd7d5734f6643582b983544ef66b4575844e46d 203474
azure_mgmt_compute-39.0.0-py3-none-any.whl 6e59c5d37aafa4eaa97df765ac58bb8b97ac8f32dc9993a88bc167a136fb6d7c 598187
azure_mgmt_core-1.6.0-py3-none-any.whl 0460d11e85c408b71c727ee1981f74432bc641bb25dfcf1bb4e90a49e776dbc4 29310
azure_mgmt_resource-26.0.0-py3-none-any.whl ef36559a4c0843b4272aa584efb455c686e4c3f6357421b38c82f405c01a9a9f 102492
azure_mgmt_resource_deployments-2.0.0-py3-none-any.whl 2fb35ae81649fd391994898cd7b434ad10ab3db2f2c08005a2dc0ee3bed00a27 108384
azure_mgmt_resource_subscriptions-1.0.0-py3-none-any.whl 229d1bdafe74f03ea7a6ef1fa20f003538fff832090167c6ed8b001260e50fb1 68291
certifi-2026.10.18-py3-none-any.whl 73191c47aaa79da394e8fee2dbc2ec827432cab56311122c9e47abf79e390f62 134093
cffi-2.1.1-cp310-cp310-manylinux2014_x86_64.manylinux_2_17_x86_64.whl 194cffa889098ced9976c3fc6340305e43f6303657d298da55366907c05c22d6 218742
cffi-2.1.1-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl 34e261f78cb6ceaaa36f42f2613f4380d94d9c759a9c73c769ee6e0247364632 217807
cffi-2.1.1-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.whl c1453022f490d2459a11819d83ad1d586e9ff65a12ac3e705ffebd46d3685dcf 221822
cffi-2.1.1-cp313-cp313-manylinux2014_x86_64.manylinux_2_17_x86_64.whl a931079504ecc49efed7744c476a5c343a92fabf66dec2db95edb1b2fdc770e2 221824
cffi-2.1.1-cp314-cp314-manylinux2014_x86_64.manylinux_2_17_x86_64.whl b0431303acaea1089ad4b3e9ce4e6518193def1118d4073ca848635ee4ea2e96 221525
cffi-2.1.1-cp310-cp310-musllinux_1_2_x86_64.whl 1dea0e4d7d4f11f619fe8c1d76caf49e24405b4b5743c0e3be16a500ecd930c9 220241
cffi-2.1.1-cp311-cp311-musllinux_1_2_x86_64.whl f5cfbc5fe74540d335175b656c725d74d90e3730c626d92575eea35029d9afaa 219408
cffi-2.1.1-cp312-cp312-musllinux_1_2_x86_64.whl 210019b6c7cf07f081b4c54635c8cf744377001350e29cc0f81c4377b4797735 223597
cffi-2.1.1-cp313-cp313-musllinux_1_2_x86_64.whl e0bcb7e0f677f543555d2adff3bf19c05f66cdb4796e5ff602442ab2fe3c4ef7 223564
cffi-2.1.1-cp314-cp314-musllinux_1_2_x86_64.whl 5c58fe613dc5e5336357eff555824a314d8e43282600435c8d1cb6a7a2fedd13 223213
cffi-2.1.1-cp310-cp310-manylinux2014_aarch64.manylinux_2_17_aarch64.whl 5a59cc1c4442bc3d5c703bf720b51138d0bfc173618807c9ee2490a7541dd3d9 218652
cffi-2.1.1-cp311-cp311-manylinux2014_aarch64.manylinux_2_17_aarch64.whl 3311ed60d36f83378794e1009ac6258bafbf81f7888b4caa7b35a521e3f95813 218716
cffi-2.1.1-cp312-cp312-manylinux2014_aarch64.manylinux_2_17_aarch64.whl 68e62fe11f30d5ca8289242866f0a5291402d8529ca2178ab8afc5c9694ae890 222389
cffi-2.1.1-cp313-cp313-manylinux2014_aarch64.manylinux_2_17_aarch64.whl f16c709686a78c727bbbf059f92b0bf41c6fc60deec706d2dc19f529175a6125 222369
cffi-2.1.1-cp314-cp314-manylinux2014_aarch64.manylinux_2_17_aarch64.whl 58acb8ab8e295e6c5ea12f888cbb13cf21511ef2a3303a23f4325c29d17fe5c1 222328
cffi-2.1.1-cp310-cp310-musllinux_1_2_aarch64.whl 5bb4e7ea95dcd6a014a6fef62e62467d67d8e582326443f3d68e71d6320a9fcf 221054
cffi-2.1.1-cp311-cp311-musllinux_1_2_aarch64.whl 7225e4514edb64eb6740324353e0da0711954fd8d7da4576755b1c6e09b697cd 221252
cffi-2.1.1-cp312-cp312-musllinux_1_2_aarch64.whl 208f941bb9d18e768138677f0a6d2ce01f590df56043dda1df1535ac57c88517 225232
cffi-2.1.1-cp313-cp313-musllinux_1_2_aarch64.whl a2d7755bef5a12ed488f4ef1f1b69ee9191d7396083b755a5d2295f6edb4768b 225148
cffi-2.1.1-cp314-cp314-musllinux_1_2_aarch64.whl 64faea20f4e2613363a1a9b9c7dd73058f3ecd00133a511e72ad7c511658f527 225053
cffi-2.1.1-cp310-cp310-macosx_10_15_x86_64.whl baed1e86cc735622097354b9d1281406caf42ff42a886d29faa8e8d1630333be 183779
cffi-2.1.1-cp311-cp311-macosx_10_15_x86_64.whl c8d2c9fd1f2d16f780d15127abb050d13d1a76c03a4bd87d7e4980e45e511e12 183838
cffi-2.1.1-cp312-cp312-macosx_10_15_x86_64.whl c8c69575568085ba0b1b10c0249d779a214aea6f6522e949a0fc9fb0fcb449d0 184821
cffi-2.1.1-cp313-cp313-macosx_10_15_x86_64.whl 9d2055050ea716bd38b7f7f1579c275386646b4894c155a3e2f3cd62ed41b7c6 184805
cffi-2.1.1-cp314-cp314-macosx_10_15_x86_64.whl d28630f5854ab07ab1fd4aba756de52326c82e6be15d414b12793f1975048b54 184964
cffi-2.1.1-cp310-cp310-macosx_11_0_arm64.whl ca82be1a1d406ecfe1d25dc16cb33488e5a16bf4438c9fb590484ea29d92478b 184178
cffi-2.1.1-cp311-cp311-macosx_11_0_arm64.whl 398aff33cee2767e3e781d2554c54bd0dff386bb437581e0d8011fde1a942ec1 184168
cffi-2.1.1-cp312-cp312-macosx_11_0_arm64.whl f81b3b8f3d4e343550fa4baa0e479bba9f2d29ce9c2e9b51d1ce1718d7442fcf 184719
cffi-2.1.1-cp313-cp313-macosx_11_0_arm64.whl 19ee6127ee34de7d83ce3d371ebc5ed91addbdcc39f9ab15ce4eb35a4e534971 184764
cffi-2.1.1-cp314-cp314-macosx_11_0_arm64.whl 661c298b4821edebead0c91edd2b00374d67ad7c5a1f7a91d4442633b79d6a72 184962
cffi-2.1.1-cp310-cp310-win_amd64.whl a48d62ab9d6f4f98c983223a547af44be6ca3691074c31cecced6facd3ba2dc1 185082
cffi-2.1.1-cp311-cp311-win_amd64.whl 42f6930c31dc7f50732c9ae793c2786c7b6b044195967bbdde40bb9be81c4cc0 185096
cffi-2.1.1-cp312-cp312-win_amd64.whl f53e442b08449d42821fa4a4fba000095af9f62742a500f978a9f557ec44339a 185919
cffi-2.1.1-cp313-cp313-win_amd64.whl 1aa5645c30469b09530c4ebca77ebf8f17618293c58f8549cb1a543a50236e7d 185688
cffi-2.1.1-cp314-cp314-win_amd64.whl 3222ba5d678f80a030e6afbcc33dc1ae5cb45facabb61cee2c7016b8432fde48 187949
cffi-2.1.1-cp311-cp311-win_arm64.whl c7659f22557c5a0bc4855cd635f55edec690cc008a40768527762cb9fb263455 179941
cffi-2.1.1-cp312-cp312-win_arm64.whl 7bde5e4cc5c10140859842b9d383af292b22639a4dffb725314baf45968cef80 180093
cffi-2.1.1-cp313-cp313-win_arm64.whl 63bbfd5ded17c4840ac07cd8f1c21ba9d9708141f840b324f422f41b207e3973 180078
cffi-2.1.1-cp314-cp314-win_arm64.whl ab36d55f9ed2d067327667c2fea18dda018eb628dd6347aa01dda6cf1f5d3836 182947
charset_normalizer-3.5.2-py3-none-any.whl b6b751274acb69d77b3323d6b7dbaa3c7fdfc1eb829b7eb61d262f32e1af9685 68872
cryptography-50.0.2-cp39-abi3-manylinux_2_28_x86_64.whl f21e8a22c8605750c7af886bab299a363721264061b4ac0a30efb73cfd58efc5 4781387
cryptography-50.0.2-cp39-abi3-musllinux_1_2_x86_64.whl ce47f66801c20ec6c6632453bb5960fe38939e9306970b48b3a5a26de7745d94 5058280
cryptography-50.0.2-cp39-abi3-manylinux_2_28_aarch64.whl dfe9763530994147d9af1def057a5b9658b00e8f8fe8743d144d1e0911c2e454 4763638
cryptography-50.0.2-cp39-abi3-musllinux_1_2_aarch64.whl 7a8701d6b584d76e909e3d305b7d126b41439876a5aaf76cddc67fc230eafa2e 4897738
cryptography-50.0.2-cp39-abi3-macosx_11_0_arm64.whl 0ec5f09541743261e66e291b4a0cbf0fb2997aeaab6d9e9c740b9dba1b58d1c2 3943588
cryptography-50.0.2-cp39-abi3-win_amd64.whl 4e81d95e5bafc2d6e34e4bed780e53e4d5b9a2f928573428aa4d35fbec1eb0de 3854095
idna-3.20-py3-none-any.whl ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c 69583
isodate-0.7.2-py3-none-any.whl 28009937d8031054830160fce6d409ed342816b543597cece116d966c6d99e15 22320
msal-1.39.0-py3-none-any.whl 2d2577886906cd7293850dffa2da29119966c213bfc6ec0cecf8bf7621e1ca77 131629
msal_extensions-1.3.1-py3-none-any.whl 96d3de4d034504e969ac5e85bae8106c8373b5c6568e4c8fa7af2eca9dbe6bca 20583
pycparser-3.11-py3-none-any.whl 51d5a8ba2be0bbe440b99d2112604c95bbbc3c2748a64260186c541e1729cd80 51178
pyjwt-2.15.1-py3-none-any.whl 42d59d631f7768a1028a64c7ff581a9bf7519804daf91fc5b6c56e30eec5e193 33860
requests-2.34.2-py3-none-any.whl 2a0d60c172f83ac6ab31e4554906c0f3b3588d37b5cb939b1c061f4907e278e0 73075
typing_extensions-4.16.0-py3-none-any.whl 481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8 45571
urllib3-2.8.0-py3-none-any.whl 0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3 135717
"""  # noqa: E501


def wheels() -> tuple[Wheel, ...]:
    """Return all that are trusted."""
    rows = (line.split() for line in _TABLE.splitlines())
    return tuple(Wheel(name, sha256, int(size)) for name, sha256, size in rows)


def chosen(platform: str, python: str) -> tuple[Wheel, ...]:
    """Return one wheel of each distribution; () where one has none for that computer.

    ``platform`` as :func:`envboot.tools.platform_of` says it, ``python`` as "3.11.7".
    """
    every = wheels()
    names = dict.fromkeys(named(w.filename) for w in every)
    best = {named(w.filename): w for w in reversed(every) if fits(w.filename, platform, python)}
    return tuple(best[name] for name in names) if best.keys() == names.keys() else ()


def named(filename: str) -> str:
    """Return the distribution of a wheel as the index calls its page."""
    return filename.partition("-")[0].replace("_", "-").lower()


def fits(filename: str, platform: str, python: str) -> bool:
    """Return whether a wheel is for that platform and that CPython."""
    tag, abi, places = filename.removesuffix(".whl").split("-")[-3:]
    if places == "any":
        return True
    minor = int(python.split(".")[1])
    found = re.fullmatch(r"cp3(\d+)", tag)
    stable = found is not None and abi == "abi3" and int(found[1]) <= minor
    own = tag == abi == f"cp3{minor}"
    pattern = PLATFORMS.get(platform)
    if pattern is None or not (stable or own):
        return False
    return any(re.fullmatch(pattern, place) for place in places.split("."))


def digest(some: tuple[Wheel, ...]) -> str:
    """Return what tells one set of wheels from another: 12 hex digits."""
    import hashlib  # it loads OpenSSL

    return hashlib.sha256(" ".join((_LAYOUT, *(w.sha256 for w in some))).encode()).hexdigest()[:12]
